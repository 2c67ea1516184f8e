use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::moment::Moment;
use super::window::Window;

/// What all instances know of one rule of a backend.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleState {
    /// Outcomes that were measured before this moment do not count: the last trip was over then.
    #[serde(rename = "s", default, skip_serializing_if = "is_epoch")]
    pub since: Moment,
    /// What counts while the rule is closed or half-open.
    #[serde(rename = "w", default, skip_serializing_if = "Window::is_empty")]
    pub window: Window,
    /// Whether it is open.
    #[serde(rename = "p", default, skip_serializing_if = "Phase::is_closed")]
    pub phase: Phase,
}

/// Whether a rule keeps its backend from being called.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Phase {
    /// It does not.
    #[default]
    #[serde(rename = "c")]
    Closed,
    /// It does until the trip is over.
    #[serde(rename = "o")]
    Open(Trip),
    /// The trip is over, and some calls show whether the backend is well again.
    #[serde(rename = "h")]
    HalfOpen(Trial),
}

impl Phase {
    /// Whether the phase is [`Closed`](Self::Closed).
    #[must_use]
    pub const fn is_closed(&self) -> bool {
        matches!(self, Self::Closed)
    }

    /// The trip that has not been said to be over.
    #[must_use]
    pub const fn trip(&self) -> Option<&Trip> {
        match self {
            Self::Closed => None,
            Self::Open(trip) => Some(trip),
            Self::HalfOpen(trial) => Some(&trial.trip),
        }
    }
}

/// Why and until when a backend is not called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trip {
    /// When the breaker opened.
    #[serde(rename = "o")]
    pub opened_at: Moment,
    /// When it last opened: later than `opened_at` after a probe that failed.
    #[serde(rename = "f")]
    pub from: Moment,
    /// When the trip is over.
    #[serde(rename = "u")]
    pub until: Moment,
    /// The trip duration that `Opened` said and `Closed` repeats, in milliseconds.
    #[serde(rename = "d")]
    pub(super) duration: u64,
}

/// What the probes of a half-open breaker have shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trial {
    /// The trip that is over.
    #[serde(rename = "t")]
    pub trip: Trip,
    /// How many probes succeeded.
    #[serde(rename = "n")]
    pub succeeded: u32,
    /// When the probes that are under way were claimed, the oldest first.
    #[serde(rename = "c", default, skip_serializing_if = "Vec::is_empty")]
    pub claims: Vec<Moment>,
}

impl Trip {
    pub(super) fn new(now: Moment, duration: Duration) -> Self {
        let until = now.plus(duration);
        let duration = until.as_millis().saturating_sub(now.as_millis());
        Self { opened_at: now, from: now, until, duration }
    }

    /// The same trip, longer: a probe failed.
    pub(super) fn prolonged(self, now: Moment, duration: Duration) -> Self {
        Self { from: now, until: now.plus(duration), ..self }
    }

    /// The trip duration that its events say.
    #[must_use]
    pub const fn duration(&self) -> Duration {
        Duration::from_millis(self.duration)
    }

    /// Whether the trip is over. It also is when it seems to have begun further ahead of `now` than it was to last: then
    /// whoever began it had a wrong clock, or this clock has been set back.
    #[must_use]
    pub fn is_over(&self, now: Moment) -> bool {
        now >= self.until || now.plus(self.until.since(self.from)) < self.from
    }

    /// The moment from which calls count again: the trip's end, if that is not ahead of `now`.
    pub(super) fn end(&self, now: Moment) -> Moment {
        self.until.min(now)
    }
}

fn is_epoch(moment: &Moment) -> bool {
    *moment == Moment::default()
}
