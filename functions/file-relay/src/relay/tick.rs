use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream;
use headgate_core::{Background, Clock, KeyValue, KeyValueError, Moment, Timestamp};
use headgate_events::Limits;

use super::record::Relay;
use super::relays::{Held, RecordError, Relays};
use super::work::Work;
use crate::keys;
use crate::ports::World;

/// When a tick looks at nothing more.
const TIME: Duration = Duration::from_secs(20);

/// How many relays a tick looks at that it has no note of.
const SWEEP: usize = 200;

/// How long a note without a relay stays: whoever wrote it is about to store the relay.
const NOTE: Duration = Duration::from_secs(10 * 60);

impl<W: World> Relays<W> {
    /// Does what is due: goes on with relays that nobody works on, and forgets what is old. It may come late, twice, or in
    /// several instances at once.
    pub(crate) async fn tick(self: &Arc<Self>) {
        let until = self.now().plus(TIME);
        if let Err(error) = self.sweep(until).await {
            self.warn(&format_args!("a tick is not finished: {error}"));
        }
        Box::pin(self.outbox.deliver_due(Limits::default())).await;
        if let Err(error) = self.tick_open(until).await {
            self.warn(&format_args!("a tick is not finished: {error}"));
        }
    }

    async fn tick_open(self: &Arc<Self>, until: Timestamp) -> Result<(), KeyValueError> {
        let mut notes = self.ports.key_value.list(keys::OPEN).await?;
        self.rotate(&mut notes);
        let mut due = Vec::new();
        for note in notes {
            let Some(id) = note.strip_prefix(keys::OPEN) else { continue };
            if self.now() >= until {
                break;
            }
            match self.look_after(id).await {
                Ok(Care::Done) => self.ports.key_value.delete(&note).await?,
                Ok(Care::Due) => due.push(id.to_owned()),
                Ok(Care::Wait) => {}
                Err(error) => self.warn(&format_args!("relay {id} is left for later: {error}")),
            }
        }
        if self.background.outlives_the_answer() {
            for id in due {
                self.start(&id).await;
            }
            return Ok(());
        }
        // Nothing goes on once the tick is answered.
        let limit = self.until();
        stream::iter(due)
            .for_each_concurrent(self.rules.parallel, |id| async move {
                if limit.is_none_or(|limit| self.now() < limit) {
                    self.carry_on(&id, limit).await;
                }
            })
            .await;
        Ok(())
    }

    async fn look_after(self: &Arc<Self>, id: &str) -> Result<Care, RecordError> {
        let Some(held) = self.read(id).await? else {
            let written = self.ports.key_value.get(&keys::open(id)).await?;
            let written = written.and_then(|value| serde_json::from_slice::<Moment>(&value).ok());
            let is_old = |written: Moment| self.now().since(written.timestamp()) > NOTE;
            return Ok(if written.is_none_or(is_old) { Care::Done } else { Care::Wait });
        };
        self.hand_over(&held).await;
        let has_events = held.record.events().next().is_some();
        Ok(match held.state() {
            relay if relay.state.is_final() && !has_events => Care::Done,
            relay if relay.is_due(self.now()) => Care::Due,
            _ => Care::Wait,
        })
    }

    /// Hands over the events that whoever recorded them has not.
    async fn hand_over(self: &Arc<Self>, held: &Held) {
        if held.record.is_left_over(self.now()) {
            let handed = self.outbox.hand_over(&keys::relay(&held.id), &[]).await;
            self.outbox.deliver(handed).await;
        }
    }

    /// Looks at a part of all relays, from another one on at each time: forgets what is old, and notes again what has lost its
    /// note.
    async fn sweep(self: &Arc<Self>, until: Timestamp) -> Result<(), KeyValueError> {
        let mut keys = self.ports.key_value.list(keys::RELAYS).await?;
        self.rotate(&mut keys);
        for key in keys.into_iter().take(SWEEP) {
            let Some(id) = key.strip_prefix(keys::RELAYS) else { continue };
            if self.now() >= until {
                break;
            }
            let held = match self.read(id).await {
                Ok(Some(held)) => held,
                Ok(None) => continue,
                Err(RecordError::Store(error)) => return Err(error),
                Err(error) => {
                    self.warn(&format_args!("relay {id} cannot be read: {error}"));
                    continue;
                }
            };
            self.hand_over(&held).await;
            let relay = held.state();
            let has_events = held.record.events().next().is_some();
            match relay.ended {
                // It never changes again unless somebody asks for it, so nothing is lost by deleting it; but for one of many, which
                // would be carried once more.
                Some(ended) if relay.state.is_final() && !has_events => {
                    let is_old = self.now().since(ended.timestamp()) >= self.rules.retention;
                    if is_old && !self.is_counted(relay).await? {
                        self.forget(&held).await?;
                    }
                }
                // Its parent looks after one of many.
                _ if relay.parent.is_some() => {}
                _ => self.note(id).await?,
            }
        }
        Ok(())
    }

    /// Whether there is a relay that a relay is a part of.
    async fn is_counted(&self, relay: &Relay) -> Result<bool, KeyValueError> {
        match &relay.parent {
            Some(parent) => {
                let parent = self.ports.key_value.get(&keys::relay(parent)).await?;
                Ok(parent.is_some())
            }
            None => Ok(false),
        }
    }

    async fn forget(&self, held: &Held) -> Result<(), KeyValueError> {
        if let Work::Many(many) = &held.state().work {
            self.forget_files(&held.id, many).await?;
        }
        self.ports.key_value.delete(&keys::relay(&held.id)).await
    }

    /// Begins with another key each time, so that one tick's time is not always spent on the same.
    fn rotate(&self, keys: &mut [String]) {
        keys.sort_unstable();
        let seed = self.ports.clock.now().as_millis().wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 16;
        let length = u64::try_from(keys.len()).unwrap_or(u64::MAX);
        if let Some(start) = seed.checked_rem(length) {
            keys.rotate_left(usize::try_from(start).unwrap_or_default());
        }
    }
}

/// What is to be done about a relay that there is a note of.
enum Care {
    /// Nothing more.
    Done,
    /// Somebody is to go on with it.
    Due,
    /// Nothing at this moment.
    Wait,
}
