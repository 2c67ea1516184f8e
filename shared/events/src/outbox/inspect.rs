use headgate_core::{Diagnostics, KeyValue, KeyValueError, Moment, Timestamp};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Outbox;
use super::dead_letter::{DeadLetter, Stored};
use super::entry::Entry;
use crate::delivery::OutcomeName;
use crate::event::Event;
use crate::event_time::EventTime;

/// The most items of a listing: each is a call to the store.
const MOST: usize = 1_000;

/// What is in a part of the store, at most 1,000 items, oldest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing<T> {
    /// The items.
    pub items: Vec<T>,
    /// Whether there are more.
    pub more: bool,
}

/// An event on its way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OutboxItem {
    /// The event.
    pub event: Event,
    /// When it entered the outbox, or was taken back from the dead letters.
    #[serde(serialize_with = "time")]
    pub published: Timestamp,
    /// The sinks that are still to get it.
    pub sinks: Vec<SinkState>,
}

/// How far the delivery to one sink has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SinkState {
    /// The sink's name.
    pub sink: String,
    /// How many attempts there were.
    pub delivery_attempts: u32,
    /// When the next one is due.
    #[serde(serialize_with = "time")]
    pub next_attempt: Timestamp,
    /// What the last one came to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_delivery_outcome: Option<OutcomeName>,
    /// When the last one began.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "optional_time")]
    pub last_delivery_attempt_time: Option<Timestamp>,
}

impl<H, K: KeyValue, C, R, D: Diagnostics, O, I> Outbox<H, K, C, R, D, O, I> {
    /// Lists the events on their way.
    ///
    /// # Errors
    ///
    /// [`KeyValueError`] when the store does not answer.
    pub async fn list(&self) -> Result<Listing<OutboxItem>, KeyValueError> {
        let (entries, more) = self.read_all::<Entry>(&self.keys.outbox()).await?;
        let mut items: Vec<_> = entries.into_iter().map(|(_, entry)| item(entry)).collect();
        items.sort_by_key(|item| item.published);
        Ok(Listing { items, more })
    }

    /// Lists the events that sinks did not get.
    ///
    /// # Errors
    ///
    /// [`KeyValueError`] when the store does not answer.
    pub async fn dead_letters(&self) -> Result<Listing<DeadLetter>, KeyValueError> {
        let (letters, more) = self.read_all::<Stored>(&self.keys.dead_letters()).await?;
        let mut items: Vec<_> =
            letters.into_iter().map(|(_, letter)| DeadLetter::from(letter)).collect();
        items.sort_by_key(|letter| letter.attempted);
        Ok(Listing { items, more })
    }

    /// Reads what is stored under keys with this prefix. What cannot be read is reported and passed over.
    pub(super) async fn read_all<T: DeserializeOwned>(
        &self,
        prefix: &str,
    ) -> Result<(Vec<(String, T)>, bool), KeyValueError> {
        let mut keys = self.ports.key_value.list(prefix).await?;
        keys.sort_unstable();
        let more = keys.len() > MOST;
        let mut found = Vec::new();
        for key in keys.into_iter().take(MOST) {
            let Some(value) = self.ports.key_value.get(&key).await? else { continue };
            match serde_json::from_slice(&value) {
                Ok(item) => found.push((key, item)),
                Err(_) => self.warn(&format_args!("{key} is nothing that this version reads")),
            }
        }
        Ok((found, more))
    }
}

fn item(entry: Entry) -> OutboxItem {
    let sinks = entry.sinks.into_iter().map(|(sink, progress)| SinkState {
        sink,
        delivery_attempts: progress.attempts,
        next_attempt: progress.next.timestamp(),
        last_delivery_outcome: progress.outcome,
        last_delivery_attempt_time: progress.attempted.map(Moment::timestamp),
    });
    OutboxItem {
        published: entry.published.timestamp(),
        sinks: sinks.collect(),
        event: entry.event,
    }
}

fn time<S: serde::Serializer>(timestamp: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(EventTime::from(*timestamp).as_str())
}

#[expect(clippy::ref_option, reason = "serde hands a reference")]
fn optional_time<S: serde::Serializer>(
    timestamp: &Option<Timestamp>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match timestamp {
        Some(timestamp) => time(timestamp, serializer),
        None => serializer.serialize_none(),
    }
}
