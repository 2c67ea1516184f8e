//! What the store knows of an event: pure.

mod next_step;
mod settle;
mod verdict;

use std::collections::BTreeMap;
use std::time::Duration;

use headgate_core::{Moment, Timestamp};
use headgate_events::Event;
use headgate_events::delivery::OutcomeName;
use serde::{Deserialize, Serialize};

pub use next_step::{Asked, Run, Step, Task, TaskStep, Terms, next_step};
pub use settle::{Next, judge};
pub use verdict::Verdict;

/// An event, and the rules whose handlers it is still owed: one value in the store.
///
/// The rules are settled when the record is made and only leave it afterwards. When the last one has left, the event goes
/// too, and what stays says that the event was seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// When the event was first received, or came back from the dead letters.
    pub received: Moment,
    /// The event; none once every handler is settled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<Event>,
    /// How often it came back from the dead letters.
    #[serde(default, skip_serializing_if = "is_first")]
    pub round: u32,
    /// Until when somebody runs the handlers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lease: Option<Moment>,
    /// How far each rule has come whose handler is still owed, by its name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub owed: BTreeMap<String, Progress>,
}

/// How far one handler has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// How many attempts have begun.
    pub attempts: u32,
    /// When a tick makes the next one.
    pub next: Moment,
    /// What the last one came to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<OutcomeName>,
    /// The status of its answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// When the last one began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempted: Option<Moment>,
}

impl Record {
    /// Makes a record of an event that is owed to the handlers of `rules`.
    #[must_use]
    pub fn new<'a>(
        event: Event,
        round: u32,
        rules: impl Iterator<Item = &'a str>,
        now: Timestamp,
    ) -> Self {
        let received = now.into();
        let first =
            Progress { attempts: 0, next: received, outcome: None, status: None, attempted: None };
        let owed = rules.map(|rule| (rule.to_owned(), first.clone())).collect();
        Self { received, event: Some(event), round, lease: None, owed }
    }

    /// Whether no handler is owed any more.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.owed.is_empty()
    }

    /// Whether the record says no more than that the event was seen, longer ago than `window`.
    #[must_use]
    pub fn is_forgettable(&self, window: Duration, now: Timestamp) -> bool {
        self.is_settled() && now.since(self.received.timestamp()) >= window
    }

    /// When a tick makes the next attempt; none when everything is settled.
    #[must_use]
    pub fn due(&self) -> Option<Timestamp> {
        self.owed.values().map(|progress| progress.next.timestamp()).min()
    }

    /// The record as the value of a key.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        // Events, names and numbers always serialise.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Reads the value of a key; `None` when it is no record that this version reads.
    #[must_use]
    pub fn decode(value: &[u8]) -> Option<Self> {
        serde_json::from_slice(value).ok()
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
const fn is_first(round: &u32) -> bool {
    *round == 0
}
