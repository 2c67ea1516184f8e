use std::time::Duration;

use headgate_core::Timestamp;

use crate::backends::{BackendName, RuleName};

/// What happened to a breaker, for all instances at once: each trip opens once and closes once.
///
/// `headgate_events` makes the events of contracts §1.3 from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// The backend is not called any more.
    Opened {
        /// The backend.
        backend: BackendName,
        /// The rule that tripped.
        rule: RuleName,
        /// How long: the rule's `tripDuration`, or what `Retry-After` said.
        trip_duration: Duration,
        /// When.
        at: Timestamp,
        /// What tripped it.
        by: OpenedBy,
    },
    /// The backend is called again, as far as this rule goes.
    Closed {
        /// The backend.
        backend: BackendName,
        /// The rule that had tripped.
        rule: RuleName,
        /// What its `Opened` said.
        trip_duration: Duration,
        /// When: the end of the trip, even when that is noticed later.
        at: Timestamp,
        /// What closed it.
        by: ClosedBy,
    },
}

/// What opened a breaker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenedBy {
    /// Failures reached the threshold; the trip lasts as long as the rule says.
    Failures,
    /// Failures reached the threshold; the trip lasts as long as the last response asked.
    FailuresWithRetryAfter,
    /// Somebody, by hand.
    Hand,
}

/// What closed a breaker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClosedBy {
    /// The trip is over.
    Time,
    /// As many probes as the rule asks for succeeded.
    Probes,
    /// Somebody, by hand.
    Hand,
    /// The rule is not configured any more.
    RuleRemoved,
}

impl Change {
    /// The backend.
    #[must_use]
    pub const fn backend(&self) -> &BackendName {
        match self {
            Self::Opened { backend, .. } | Self::Closed { backend, .. } => backend,
        }
    }

    /// The rule.
    #[must_use]
    pub const fn rule(&self) -> &RuleName {
        match self {
            Self::Opened { rule, .. } | Self::Closed { rule, .. } => rule,
        }
    }

    /// The trip duration that the event says.
    #[must_use]
    pub const fn trip_duration(&self) -> Duration {
        match self {
            Self::Opened { trip_duration, .. } | Self::Closed { trip_duration, .. } => {
                *trip_duration
            }
        }
    }

    /// When it happened.
    #[must_use]
    pub const fn at(&self) -> Timestamp {
        match self {
            Self::Opened { at, .. } | Self::Closed { at, .. } => *at,
        }
    }
}
