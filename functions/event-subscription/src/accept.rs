use std::collections::BTreeSet;

use headgate_core::{Clock, KeyValue, KeyValueError, Swap, Timestamp};
use headgate_events::{Event, longest_event};
use serde::Serialize;

use crate::World;
use crate::event_subscription::EventSubscription;
use crate::keys;
use crate::parallel::in_parallel;
use crate::record::{Asked, Record, Step, next_step};
use crate::refusal::Refusal;
use crate::run::{Became, Claimed, TRIES};
use crate::trace::Trace;

/// What became of a message's events, as its sender is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Taken {
    /// How many events there were.
    pub(crate) events: usize,
    /// How many of them no rule is for.
    pub(crate) unmatched: usize,
    /// How many had been taken before.
    pub(crate) duplicates: usize,
    /// How many dead letters there are now that were not before.
    pub(crate) dead_letters: usize,
}

/// A record in the store.
#[derive(Debug)]
pub(crate) enum Held {
    /// It is new, and this instance has its lease.
    Claimed(Box<Claimed>),
    /// It is there.
    Stored(Box<Stored>),
}

/// A record as it was last seen in the store.
#[derive(Debug)]
pub(crate) struct Stored {
    pub(crate) key: String,
    pub(crate) record: Record,
    pub(crate) value: Vec<u8>,
}

struct New {
    /// The event's place in the message.
    index: usize,
    key: String,
    record: Record,
}

impl<W: World> EventSubscription<W> {
    /// Takes a message's events: writes down each with the handlers that it is owed, and then runs these.
    ///
    /// # Errors
    ///
    /// [`Refusal`]. Either an event is too long, and nothing is written down unless the store said so only when it was asked;
    /// or the sender is to send the message again: what has been done is not done again then.
    pub(crate) async fn take(&self, events: Vec<Event>, trace: &Trace) -> Result<Taken, Refusal> {
        let (mut taken, new) = self.owed(events)?;
        let begun = self.ports.clock.now();
        let alone = new.len() == 1;
        let store = |new: New| async move { (new.index, self.store(new, alone).await) };
        let stored = in_parallel(new, |new| Some(store(new))).await;
        let mut held = Vec::with_capacity(stored.len());
        for (index, stored) in stored {
            held.push(stored.map_err(|error| {
                self.warn(&format_args!("events are not taken: {error}"));
                match error {
                    KeyValueError::TooLong { most } => {
                        Refusal::EventTooLong { index, limit: longest_event(most) }
                    }
                    KeyValueError::NoAccess(_) | KeyValueError::Unavailable(_) => {
                        Refusal::StoreUnavailable
                    }
                }
            })?);
        }
        let until = begun.plus(Self::PATIENCE);
        let became = in_parallel(held, |held| {
            Some(async move {
                if self.ports.clock.now() > until {
                    return Became::Left;
                }
                match held {
                    Held::Claimed(claimed) => self.run(*claimed, trace).await,
                    Held::Stored(stored) => self.work(*stored, Asked::ByDelivery, trace).await,
                }
            })
        })
        .await;
        self.sum_up(&mut taken, &became)?;
        Ok(taken)
    }

    /// The events that somebody is owed, each once.
    fn owed(&self, events: Vec<Event>) -> Result<(Taken, Vec<New>), Refusal> {
        let now = self.ports.clock.now();
        let mut taken = Taken { events: events.len(), ..Taken::default() };
        let mut seen = BTreeSet::new();
        let mut new = Vec::new();
        let limit = longest_event(self.ports.key_value.longest_value());
        for (index, event) in events.into_iter().enumerate() {
            let key = keys::event(&event);
            if !seen.insert(key.clone()) {
                taken.duplicates += 1;
                continue;
            }
            let rules = &self.configuration.rules;
            let names: Vec<_> = rules.for_event(&event).map(|rule| rule.name.as_str()).collect();
            if names.is_empty() {
                taken.unmatched += 1;
                continue;
            }
            let length = serde_json::to_vec(&event).map_or(usize::MAX, |value| value.len());
            if length > limit {
                return Err(Refusal::EventTooLong { index, limit });
            }
            new.push(New { index, key, record: Record::new(event, 0, names.into_iter(), now) });
        }
        Ok((taken, new))
    }

    /// Writes a record down, with the lease if it is `alone`, or finds the one that is there.
    async fn store(&self, new: New, alone: bool) -> Result<Held, KeyValueError> {
        let New { key, record, .. } = new;
        let now = self.ports.clock.now();
        let step = match alone {
            true => next_step(&record, Asked::ByDelivery, self.terms(), now),
            false => Step::Waiting { until: now },
        };
        let held = match step {
            Step::Run(run) => Held::Claimed(Box::new(Claimed::new(key, *run))),
            Step::Settled | Step::UnderWay { .. } | Step::Waiting { .. } => {
                let value = record.encode();
                Held::Stored(Box::new(Stored { key, record, value }))
            }
        };
        let (key, value) = match &held {
            Held::Claimed(claimed) => (&claimed.key, &claimed.value),
            Held::Stored(stored) => (&stored.key, &stored.value),
        };
        for _ in 0..TRIES {
            match self.ports.key_value.compare_and_swap(key, None, value).await? {
                Swap::Stored => return Ok(held),
                Swap::Conflict => {
                    if let Some(stored) = self.read(key).await? {
                        return Ok(Held::Stored(Box::new(stored)));
                    }
                    // It was forgotten in between.
                }
            }
        }
        Err(KeyValueError::Unavailable("others change the record all the time".to_owned()))
    }

    /// Reads a record.
    pub(crate) async fn read(&self, key: &str) -> Result<Option<Stored>, KeyValueError> {
        let Some(value) = self.ports.key_value.get(key).await? else { return Ok(None) };
        let unknown = || format!("{key} is no record that this version reads");
        let record = Record::decode(&value).ok_or_else(|| KeyValueError::Unavailable(unknown()))?;
        Ok(Some(Stored { key: key.to_owned(), record, value }))
    }

    /// Judges whether the message is done with.
    fn sum_up(&self, taken: &mut Taken, became: &[Became]) -> Result<(), Refusal> {
        let now = self.ports.clock.now();
        let (mut failed, mut under_way) = (None, None);
        let sooner = |known: &mut Option<_>, until| {
            *known = Some(known.map_or(until, |known: Timestamp| known.min(until)));
        };
        for became in became {
            match became {
                Became::Done { dead_letters } => taken.dead_letters += dead_letters,
                Became::Seen => taken.duplicates += 1,
                Became::Pending { until } => sooner(&mut failed, *until),
                Became::UnderWay { until } => sooner(&mut under_way, *until),
                Became::Left => sooner(&mut failed, now),
            }
        }
        match (failed, under_way) {
            (None, None) => Ok(()),
            (Some(until), _) => Err(Refusal::HandlerFailed { retry_after: until.since(now) }),
            (None, Some(until)) => Err(Refusal::UnderWay { retry_after: until.since(now) }),
        }
    }
}
