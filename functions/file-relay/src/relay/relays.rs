use std::sync::Arc;
use std::time::Duration;

use headgate_core::{
    Background, Clock, Diagnostics, KeyValue, KeyValueError, Moment, Random, Severity, Swap,
    Timestamp,
};
use headgate_events::{EventErrorKind, Outbox, OutboxPorts, Recorded, RecordedError, Sinks};

use super::event::event;
use super::live::Live;
use super::record::Relay;
use crate::keys;
use crate::places::Places;
use crate::ports::{Reach, World};

/// How often a record is judged again that others have changed meanwhile.
const TRIES: usize = 32;

pub(crate) type WorldOutbox<W> = Outbox<
    <W as World>::Http,
    <W as World>::KeyValue,
    <W as World>::Clock,
    <W as World>::Random,
    <W as World>::Diagnostics,
    <W as World>::Outlets,
    Arc<Reach<W>>,
>;

/// The ports that relays need besides those of places.
pub(crate) struct RelayPorts<W: World> {
    pub(crate) http: W::Http,
    pub(crate) key_value: W::KeyValue,
    pub(crate) clock: W::Clock,
    pub(crate) random: W::Random,
    pub(crate) diagnostics: W::Diagnostics,
    pub(crate) background: W::Background,
}

/// How relays are worked on.
#[derive(Clone, Debug)]
pub(crate) struct Rules {
    /// How many an instance works on at once.
    pub(crate) parallel: usize,
    /// How long a piece of work may take; none: until it is done.
    pub(crate) time_limit: Option<Duration>,
    /// How long a relay that came to its end is remembered.
    pub(crate) retention: Duration,
    /// What events say of where they come from.
    pub(crate) source: String,
}

/// Every relay in the store, and what is needed to bring one to its end.
pub(crate) struct Relays<W: World> {
    pub(crate) rules: Rules,
    pub(crate) places: Places<W>,
    pub(crate) ports: RelayPorts<W>,
    pub(crate) outbox: WorldOutbox<W>,
    pub(crate) live: Arc<Live>,
}

/// A relay as it was last seen in the store.
#[derive(Clone, Debug)]
pub(crate) struct Held {
    pub(crate) id: String,
    pub(crate) record: Recorded<Relay>,
    value: Vec<u8>,
}

impl Held {
    pub(crate) const fn relay(&self) -> &Relay {
        &self.record.state
    }
}

/// Why a record was not read or changed, or may not have been.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RecordError {
    #[error(transparent)]
    Store(#[from] KeyValueError),
    #[error(transparent)]
    Record(#[from] RecordedError),
    #[error(transparent)]
    Event(#[from] EventErrorKind),
    #[error("others change the record all the time")]
    Contended,
}

impl RecordError {
    /// Whether the store never takes the record, however often it is asked.
    pub(crate) const fn is_too_long(&self) -> bool {
        matches!(
            self,
            Self::Store(KeyValueError::TooLong { .. })
                | Self::Record(RecordedError::TooLong | RecordedError::EventTooLong { .. })
        )
    }
}

impl<W: World> Relays<W> {
    pub(crate) fn new(
        rules: Rules,
        places: Places<W>,
        ports: RelayPorts<W>,
        (sinks, reach, outlets): (Sinks, Arc<Reach<W>>, W::Outlets),
    ) -> Self {
        let outbox = OutboxPorts {
            http: ports.http.clone(),
            key_value: ports.key_value.clone(),
            clock: ports.clock.clone(),
            random: ports.random.clone(),
            diagnostics: ports.diagnostics.clone(),
            outlets,
        };
        let outbox = Outbox::new(keys::OWNER, sinks, outbox).with_tokens(reach);
        let live = Arc::new(Live::new(rules.parallel));
        Self { rules, places, ports, outbox, live }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.ports.clock.now()
    }

    pub(crate) fn warn(&self, message: &dyn std::fmt::Display) {
        self.ports.diagnostics.report(Severity::Warning, message);
    }

    /// Until when a piece of work goes on that begins at this moment.
    pub(crate) fn until(&self) -> Option<Timestamp> {
        self.rules.time_limit.map(|limit| self.now().plus(limit))
    }

    pub(crate) fn random_byte(&self) -> u8 {
        let mut byte = [0];
        self.ports.random.fill(&mut byte);
        byte[0]
    }

    /// Reads a relay.
    pub(crate) async fn read(&self, id: &str) -> Result<Option<Held>, RecordError> {
        let Some(value) = self.ports.key_value.get(&keys::relay(id)).await? else {
            return Ok(None);
        };
        Ok(Some(Held { id: id.to_owned(), record: Recorded::decode(&value)?, value }))
    }

    /// Stores a new relay; or gives the one that is there, and false. One that is not another's part gets a note, so that a tick
    /// looks after it.
    pub(crate) async fn create(&self, id: &str, relay: Relay) -> Result<(Held, bool), RecordError> {
        if relay.parent.is_none() {
            self.note(id).await?;
        }
        let record = Recorded::new(relay);
        let value = record.encode()?;
        let held = Held { id: id.to_owned(), record, value };
        for _ in 0..TRIES {
            let store = &self.ports.key_value;
            match store.compare_and_swap(&keys::relay(id), None, &held.value).await? {
                Swap::Stored => return Ok((held, true)),
                Swap::Conflict => {
                    if let Some(there) = self.read(id).await? {
                        return Ok((there, false));
                    }
                    // It was forgotten in between.
                }
            }
        }
        Err(RecordError::Contended)
    }

    /// Notes that a tick is to look after a relay.
    pub(crate) async fn note(&self, id: &str) -> Result<(), KeyValueError> {
        let value = serde_json::to_vec(&Moment::from(self.now())).unwrap_or_default();
        self.ports.key_value.set(&keys::open(id), &value).await
    }

    /// Puts `relay` in the place of the one that is held, if that is still there. None when another is.
    ///
    /// A relay that comes to its end does so together with its event.
    pub(crate) async fn swap(
        self: &Arc<Self>,
        held: &Held,
        relay: Relay,
    ) -> Result<Option<Held>, RecordError> {
        let now = self.now();
        let mut record = held.record.clone();
        let mut own = Vec::new();
        if let (Some(event_type), false) = (relay.state.event_type(), held.relay().state.is_final())
        {
            let from = (self.rules.source.as_str(), &self.ports.random);
            let event = event(&held.id, &relay, event_type, from, now)?;
            own.push(event.id().to_owned());
            record.record(event, now)?;
        }
        let record = record.with_state(relay);
        let value = record.encode()?;
        let key = keys::relay(&held.id);
        match self.ports.key_value.compare_and_swap(&key, Some(&held.value), &value).await? {
            Swap::Conflict => Ok(None),
            Swap::Stored => {
                if !own.is_empty() {
                    self.deliver_later(key, own).await;
                }
                Ok(Some(Held { id: held.id.clone(), record, value }))
            }
        }
    }

    /// Changes a relay to what `judge` makes of it, which is asked again with what others have stored meanwhile; none from it
    /// leaves the relay as it is.
    pub(crate) async fn change(
        self: &Arc<Self>,
        held: Held,
        judge: impl Fn(Relay) -> Option<Relay> + Send + Sync,
    ) -> Result<Held, RecordError> {
        let mut held = held;
        for _ in 0..TRIES {
            let Some(relay) = judge(held.relay().clone()) else { return Ok(held) };
            if let Some(changed) = self.swap(&held, relay).await? {
                return Ok(changed);
            }
            match self.read(&held.id).await? {
                Some(current) => held = current,
                None => return Ok(held),
            }
        }
        Err(RecordError::Contended)
    }

    /// Hands over and delivers a record's events beside the request.
    async fn deliver_later(self: &Arc<Self>, key: String, own: Vec<String>) {
        let relays = Arc::clone(self);
        let work = async move {
            let handed = relays.outbox.hand_over(&key, &own).await;
            relays.outbox.deliver(handed).await;
        };
        self.ports.background.begin(work).await;
    }
}
