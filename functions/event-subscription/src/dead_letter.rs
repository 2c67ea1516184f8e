//! Events that a handler did not take.

use headgate_core::{Moment, Timestamp};
use headgate_events::delivery::OutcomeName;
use headgate_events::{DeadLetterReason, Event, EventTime, ExtensionName, ExtensionValue};
use serde::{Deserialize, Serialize};

use crate::record::Progress;

/// An event that a rule's handler did not take, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeadLetter {
    /// The event as it was received.
    pub event: Event,
    /// The rule.
    pub rule: String,
    /// How often it had come back from the dead letters.
    #[serde(default)]
    pub round: u32,
    /// Why it was given up.
    pub reason: DeadLetterReason,
    /// How many attempts there were.
    pub attempts: u32,
    /// What the last one came to.
    pub outcome: OutcomeName,
    /// The same in words.
    pub why: String,
    /// When the event was received.
    pub received: Moment,
    /// When the last attempt began.
    pub attempted: Moment,
}

impl DeadLetter {
    /// Makes a dead letter of what a record holds.
    #[must_use]
    pub fn new(
        event: Event,
        rule: &str,
        round: u32,
        received: Moment,
        reason: DeadLetterReason,
        progress: &Progress,
    ) -> Self {
        Self {
            event,
            rule: rule.to_owned(),
            round,
            reason,
            attempts: progress.attempts,
            outcome: progress.outcome.unwrap_or(OutcomeName::Delivering),
            why: progress.why(),
            received,
            attempted: progress.attempted.unwrap_or(received),
        }
    }

    /// The event with the members that Event Grid adds to a dead-lettered CloudEvent (contracts §3.6): `deadletterreason`,
    /// `deliveryattempts`, `lastdeliveryoutcome`, `publishtime`, `lastdeliveryattempttime`; and `rule` and `why`.
    ///
    /// A member for which the event has no room is left out.
    #[must_use]
    pub fn shown(&self) -> Event {
        let time = |timestamp: Timestamp| ExtensionValue::from(EventTime::from(timestamp).as_str());
        let attempts = i32::try_from(self.attempts).unwrap_or(i32::MAX);
        let members = [
            ("deadletterreason", ExtensionValue::from(self.reason.as_str())),
            ("deliveryattempts", ExtensionValue::Integer(attempts)),
            ("lastdeliveryoutcome", ExtensionValue::from(self.outcome.as_str())),
            ("publishtime", time(self.received.timestamp())),
            ("lastdeliveryattempttime", time(self.attempted.timestamp())),
            ("rule", ExtensionValue::from(self.rule.as_str())),
            ("why", ExtensionValue::from(self.why.as_str())),
        ];
        members.into_iter().fold(self.event.clone(), |event, (name, value)| {
            let Ok(name) = ExtensionName::new(name) else { return event };
            event.clone().with_extension(name, value).unwrap_or(event)
        })
    }
}
