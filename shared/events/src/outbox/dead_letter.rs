use std::fmt;

use headgate_core::{Moment, Timestamp};
use serde::{Deserialize, Serialize, Serializer};

use crate::delivery::OutcomeName;
use crate::event::Event;
use crate::event_time::EventTime;
use crate::extension::{ExtensionName, ExtensionValue};

/// An event that a sink did not get, and why.
///
/// As a JSON value it is the event with the members that Event Grid adds to a dead-lettered CloudEvent (contracts §3.6):
/// `deadletterreason`, `deliveryattempts`, `lastdeliveryoutcome`, `publishtime`, `lastdeliveryattempttime`; and `sink`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetter {
    pub(super) event: Event,
    pub(super) sink: String,
    pub(super) round: u32,
    pub(super) reason: DeadLetterReason,
    pub(super) attempts: u32,
    pub(super) outcome: OutcomeName,
    pub(super) published: Moment,
    pub(super) attempted: Moment,
}

/// Why delivery of an event was given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DeadLetterReason {
    /// The sink's most attempts were made.
    MaxDeliveryAttemptsExceeded,
    /// The event was older than the sink's time to live when it was due again.
    TimeToLiveExceeded,
    /// The sink's answer is one that is not tried again. Event Grid's name for it is not documented.
    NotRetried,
}

impl DeadLetterReason {
    /// The reason's name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MaxDeliveryAttemptsExceeded => "MaxDeliveryAttemptsExceeded",
            Self::TimeToLiveExceeded => "TimeToLiveExceeded",
            Self::NotRetried => "NotRetried",
        }
    }
}

impl fmt::Display for DeadLetterReason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl DeadLetter {
    /// The event.
    #[must_use]
    pub const fn event(&self) -> &Event {
        &self.event
    }

    /// The name of the sink that did not get it.
    #[must_use]
    pub fn sink(&self) -> &str {
        &self.sink
    }

    /// Why delivery was given up.
    #[must_use]
    pub const fn reason(&self) -> DeadLetterReason {
        self.reason
    }

    /// How many attempts there were.
    #[must_use]
    pub const fn attempts(&self) -> u32 {
        self.attempts
    }

    /// What the last attempt came to.
    #[must_use]
    pub const fn last_outcome(&self) -> OutcomeName {
        self.outcome
    }

    /// When the event entered the outbox.
    #[must_use]
    pub fn published(&self) -> Timestamp {
        self.published.timestamp()
    }

    /// When the last attempt began.
    #[must_use]
    pub fn last_attempt(&self) -> Timestamp {
        self.attempted.timestamp()
    }

    /// The event with the documented members.
    fn annotated(&self) -> Event {
        let time =
            |moment: Moment| ExtensionValue::from(EventTime::from(moment.timestamp()).as_str());
        let attempts = i32::try_from(self.attempts).unwrap_or(i32::MAX);
        let members = [
            ("deadletterreason", ExtensionValue::from(self.reason.as_str())),
            ("deliveryattempts", ExtensionValue::Integer(attempts)),
            ("lastdeliveryoutcome", ExtensionValue::from(self.outcome.as_str())),
            ("publishtime", time(self.published)),
            ("lastdeliveryattempttime", time(self.attempted)),
            ("sink", ExtensionValue::from(self.sink.as_str())),
        ];
        members.into_iter().fold(self.event.clone(), |event, (name, value)| {
            event.annotated(ExtensionName::known(name), value)
        })
    }
}

impl Serialize for DeadLetter {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.annotated().serialize(serializer)
    }
}

/// A dead letter as the store holds it: the event apart, so that what it had before comes back.
#[derive(Serialize, Deserialize)]
pub(super) struct Stored {
    event: Event,
    sink: String,
    #[serde(default)]
    round: u32,
    reason: DeadLetterReason,
    attempts: u32,
    outcome: OutcomeName,
    published: Moment,
    attempted: Moment,
}

impl From<DeadLetter> for Stored {
    fn from(letter: DeadLetter) -> Self {
        let DeadLetter { event, sink, round, reason, attempts, outcome, published, attempted } =
            letter;
        Self { event, sink, round, reason, attempts, outcome, published, attempted }
    }
}

impl From<Stored> for DeadLetter {
    fn from(stored: Stored) -> Self {
        let Stored { event, sink, round, reason, attempts, outcome, published, attempted } = stored;
        Self { event, sink, round, reason, attempts, outcome, published, attempted }
    }
}
