use headgate_core::{Clock, Diagnostics, KeyValue, KeyValueError, Swap, Timestamp};
use serde_json::value::RawValue;

use super::Outbox;
use super::entry::{Entry, Task};
use super::recorded::{Recorded, RecordedError, check_length};
use crate::event::Event;

/// How often a record is read again that others change at the same time.
const TRIES: usize = 32;

/// Events that this instance has put into the outbox, with the lease to deliver them.
#[must_use = "deliver it: a tick does so only once the lease has run out"]
#[derive(Debug, Default)]
pub struct HandedOver {
    pub(super) claimed: Vec<Claimed>,
    left: bool,
}

/// An entry whose lease this instance has.
#[derive(Debug)]
pub(super) struct Claimed {
    pub(super) key: String,
    pub(super) entry: Entry,
    /// The entry as it is in the store.
    pub(super) value: Vec<u8>,
    pub(super) tasks: Vec<Task>,
    pub(super) at: Timestamp,
}

impl HandedOver {
    /// How many events there are to deliver.
    #[must_use]
    pub fn len(&self) -> usize {
        self.claimed.len()
    }

    /// Whether there is none to deliver.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.claimed.is_empty()
    }

    /// Whether everything that was to be handed over is. What is not stays in the record for the next time.
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        !self.left
    }

    /// Takes what the other has handed over too.
    pub fn join(&mut self, other: Self) {
        self.claimed.extend(other.claimed);
        self.left |= other.left;
    }
}

/// Why an event is not in the outbox.
#[derive(Debug, thiserror::Error)]
pub enum HandOverError {
    /// The store did not answer.
    #[error(transparent)]
    Store(#[from] KeyValueError),
    /// The record cannot be read, or the event is too long.
    #[error(transparent)]
    Record(#[from] RecordedError),
    /// Others have changed the record each time that it was read.
    #[error("others change the record all the time")]
    Contended,
}

impl HandOverError {
    /// Whether the store never takes the event, however often it is asked.
    #[must_use]
    pub const fn is_too_long(&self) -> bool {
        match self {
            Self::Store(error) => error.is_too_long(),
            Self::Record(error) => error.is_too_long(),
            Self::Contended => false,
        }
    }
}

impl<H, K, C, R, D, O, T> Outbox<H, K, C, R, D, O, T>
where
    K: KeyValue,
    C: Clock,
    D: Diagnostics,
{
    /// Hands over the events of the [`Recorded`] state at `key`: those with an id in `own`, which the caller has just
    /// recorded, and those whose recorder has not done so within ten seconds.
    ///
    /// Each event is copied into an entry of its own and then taken out of the record. Wherever that breaks off, the next
    /// call takes it up; a call for a record without such events costs one read. An event that no sink is to get is
    /// taken out all the same.
    ///
    /// It cannot fail: what goes wrong is reported, and what is left stays in the record.
    pub async fn hand_over(&self, key: &str, own: &[String]) -> HandedOver {
        let mut handed = HandedOver::default();
        if let Err(error) = self.try_hand_over(key, own, &mut handed).await {
            handed.left = true;
            self.warn(&format_args!("events of {key} are not handed over yet: {error}"));
        }
        handed
    }

    /// Puts an event into the outbox that no change of a state has caused.
    ///
    /// # Errors
    ///
    /// What the store or the event's length is in the way of. The event may be in the outbox nevertheless; putting it
    /// there again does no harm while it is.
    pub async fn publish(&self, event: Event) -> Result<HandedOver, HandOverError> {
        let mut handed = HandedOver::default();
        check_length(&event, self.ports.key_value.longest_value())?;
        self.put(event, &mut handed).await?;
        Ok(handed)
    }

    /// Puts an event into the outbox for the sink of this name, whatever the sink's filter and whoever else gets it.
    ///
    /// While the event is on its way to that sink so, it is not put there again, and there is nothing to deliver. A sink
    /// that is not configured gets the event if it is within a day, as after [`hand_over`](Self::hand_over).
    ///
    /// # Errors
    ///
    /// As [`publish`](Self::publish).
    pub async fn publish_to(&self, event: Event, sink: &str) -> Result<HandedOver, HandOverError> {
        let now = self.ports.clock.now();
        let mut handed = HandedOver::default();
        check_length(&event, self.ports.key_value.longest_value())?;
        let key = self.keys.entry_for(&event, sink);
        let entry = Entry::new(event, 0, std::iter::once(sink), now);
        handed.claimed.extend(self.store_new(key, &entry, now).await?);
        Ok(handed)
    }

    async fn try_hand_over(
        &self,
        key: &str,
        own: &[String],
        handed: &mut HandedOver,
    ) -> Result<(), HandOverError> {
        let mut copied: Vec<Event> = Vec::new();
        for _ in 0..TRIES {
            let Some(value) = self.ports.key_value.get(key).await? else { return Ok(()) };
            let mut record = Recorded::<Box<RawValue>>::decode(&value)?;
            let now = self.ports.clock.now();
            for pending in &record.events {
                let is_known = copied.iter().any(|event| event.is_same_as(&pending.event));
                let is_own = own.iter().any(|id| id == pending.event.id());
                if !is_known && (is_own || pending.is_anybodys(now)) {
                    self.put(pending.event.clone(), handed).await?;
                    copied.push(pending.event.clone());
                }
            }
            let before = record.events.len();
            record
                .events
                .retain(|pending| !copied.iter().any(|event| event.is_same_as(&pending.event)));
            if record.events.len() == before {
                return Ok(());
            }
            let shorter = record.encode()?;
            match self.ports.key_value.compare_and_swap(key, Some(&value), &shorter).await? {
                Swap::Stored => return Ok(()),
                Swap::Conflict => {}
            }
        }
        Err(HandOverError::Contended)
    }

    /// Puts an event into an entry of its own, with the lease; or leaves the entry alone that is there already.
    async fn put(&self, event: Event, handed: &mut HandedOver) -> Result<(), HandOverError> {
        let now = self.ports.clock.now();
        let names: Vec<_> = self.sinks.for_event(&event).map(|sink| sink.name.clone()).collect();
        let entry = Entry::new(event, 0, names.iter().map(String::as_str), now);
        let key = self.keys.entry(&entry.event);
        if let Some(claimed) = self.store_new(key, &entry, now).await? {
            handed.claimed.push(claimed);
        }
        Ok(())
    }

    /// Stores a new entry with the lease; `None` when no sink is to get it, or when it is there already.
    pub(super) async fn store_new(
        &self,
        key: String,
        entry: &Entry,
        now: Timestamp,
    ) -> Result<Option<Claimed>, HandOverError> {
        let Some((entry, tasks)) = entry.claim(&self.sinks, |_| true, now) else { return Ok(None) };
        let value = serde_json::to_vec(&entry).map_err(RecordedError::Json)?;
        match self.ports.key_value.compare_and_swap(&key, None, &value).await? {
            Swap::Stored => Ok(Some(Claimed { key, entry, value, tasks, at: now })),
            Swap::Conflict => Ok(None),
        }
    }
}
