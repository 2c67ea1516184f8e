use std::sync::Arc;
use std::time::Duration;

use headgate_core::{
    Clock, Diagnostics, KeyValue, KeyValueError, Moment, Random, Severity, Timestamp,
};
use headgate_events::{Records, Sinks};
use headgate_world::{OwnOutbox, OwnPorts};

use super::live::Live;
use super::record::Relay;
use crate::keys;
use crate::places::Places;
use crate::ports::{Reach, World};

pub(crate) type WorldOutbox<W> = OwnOutbox<W, <W as World>::Outlets, Arc<Reach<W>>>;

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
    pub(crate) ports: OwnPorts<W>,
    pub(super) background: W::Background,
    pub(crate) outbox: Arc<WorldOutbox<W>>,
    records: Records<Relay, WorldOutbox<W>, W::Background>,
    pub(crate) live: Arc<Live>,
}

/// A relay as it was last seen in the store.
pub(crate) type Held = headgate_events::Held<Relay>;

/// Why a record was not read or changed, or may not have been.
pub(crate) use headgate_events::ChangeError as RecordError;

impl<W: World> Relays<W> {
    pub(crate) fn new(
        rules: Rules,
        places: Places<W>,
        ports: OwnPorts<W>,
        background: W::Background,
        (sinks, reach, outlets): (Sinks, Arc<Reach<W>>, W::Outlets),
    ) -> Self {
        let outbox = Arc::new(ports.outbox(keys::OWNER, sinks, outlets, reach));
        let source = rules.source.clone();
        let records = Records::new(keys::RELAYS, source, Arc::clone(&outbox), background.clone());
        let live = Arc::new(Live::new(rules.parallel));
        Self { rules, places, ports, background, outbox, records, live }
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
        self.records.read(id).await
    }

    /// Stores a new relay; or gives the one that is there, and false. One that is not another's part gets a note, so that a tick
    /// looks after it.
    pub(crate) async fn create(&self, id: &str, relay: Relay) -> Result<(Held, bool), RecordError> {
        if relay.parent.is_none() {
            self.note(id).await?;
        }
        self.records.create(id, relay).await
    }

    /// Notes that a tick is to look after a relay.
    pub(crate) async fn note(&self, id: &str) -> Result<(), KeyValueError> {
        let value = serde_json::to_vec(&Moment::from(self.now())).unwrap_or_default();
        self.ports.key_value.set(&keys::open(id), &value).await
    }

    /// Puts `relay` in the place of the one that is held, if that is still there. None when another is.
    pub(crate) async fn swap(
        &self,
        held: &Held,
        relay: Relay,
    ) -> Result<Option<Held>, RecordError> {
        self.records.swap(held, relay).await
    }

    /// Changes a relay to what `judge` makes of it, which is asked again with what others have stored meanwhile; none from it
    /// leaves the relay as it is.
    pub(crate) async fn change(
        &self,
        held: Held,
        judge: impl Fn(Relay) -> Option<Relay> + Send + Sync,
    ) -> Result<Held, RecordError> {
        self.records.change(held, judge).await
    }
}
