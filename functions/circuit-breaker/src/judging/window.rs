use serde::{Deserialize, Serialize};

use super::moment::{Moment, millis};
use crate::backends::{FailureCondition, Threshold};

/// How many parts an interval is counted in.
///
/// Calls are counted by the part in which they were measured; parts are aligned to the epoch, so all instances have the same.
/// An outcome therefore stops counting a twentieth of the interval before the interval has passed at the earliest, and
/// never after it has: with an interval of 60 s, after 57 to 60 s. (A part is the interval in milliseconds divided by 20,
/// rounded down, so an interval that 20 does not divide loses up to 19 ms more.)
pub const PARTS: u64 = 20;

/// The calls and failures of one interval: at most as many parts as an interval has, and those that a clock ahead of
/// others has begun already.
///
/// In JSON: `[width, [[part, calls, failures], …]]`; empty parts are left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window(
    /// A part's length in milliseconds; 0 when nothing is counted.
    u64,
    /// Part, calls and failures, in rising order.
    Vec<(u64, u64, u64)>,
);

/// What a window holds at some moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// All calls that were counted; a rule that does not need them counts failures alone.
    pub calls: u64,
    /// Those that failed.
    pub failures: u64,
}

impl Window {
    /// Whether nothing is counted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.1.is_empty()
    }

    /// What counts at `now` under a rule with this condition.
    #[must_use]
    pub fn counts(&self, condition: &FailureCondition, now: Moment) -> Counts {
        let frame = Frame::of(condition, now);
        let Self(width, parts) = self;
        if *width != frame.width {
            return Counts::default();
        }
        let parts = parts.iter().filter(|(part, ..)| frame.holds(*part));
        parts.fold(Counts::default(), |counts, (_, calls, failures)| Counts {
            calls: counts.calls.saturating_add(*calls),
            failures: counts.failures.saturating_add(*failures),
        })
    }

    /// Counts a call that was measured at `at`; false when that is too long ago to count. What counts no more is dropped,
    /// and so is everything when the condition's interval is another than before.
    pub(super) fn add(
        &mut self,
        condition: &FailureCondition,
        at: Moment,
        failed: bool,
        now: Moment,
    ) -> bool {
        let frame = Frame::of(condition, now);
        let part = at.as_millis() / frame.width;
        if !frame.holds(part) {
            return false;
        }
        if self.0 != frame.width {
            *self = Self(frame.width, Vec::new());
        }
        let Self(_, parts) = self;
        parts.retain(|(part, ..)| frame.holds(*part));
        let index = parts.partition_point(|(known, ..)| *known < part);
        if parts.get(index).is_none_or(|(known, ..)| *known != part) {
            parts.insert(index, (part, 0, 0));
        }
        if let Some((_, calls, failures)) = parts.get_mut(index) {
            *calls = calls.saturating_add(1);
            *failures = failures.saturating_add(u64::from(failed));
        }
        true
    }

    /// Whether what counts at `now` trips a rule with this condition.
    pub(super) fn trips(&self, condition: &FailureCondition, now: Moment) -> bool {
        let Counts { calls, failures } = self.counts(condition, now);
        let reached = match condition.threshold {
            Threshold::Count(count) => failures >= count,
            Threshold::Percentage(percentage) => {
                u128::from(failures) * 100 >= u128::from(percentage) * u128::from(calls)
            }
        };
        reached && calls >= condition.minimum_calls
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}

/// The parts that count at some moment.
struct Frame {
    width: u64,
    current: u64,
}

impl Frame {
    fn of(condition: &FailureCondition, now: Moment) -> Self {
        let width = (millis(condition.interval) / PARTS).max(1);
        Self { width, current: now.as_millis() / width }
    }

    /// Not older than the interval, and not further ahead than an interval, which no clock is believed to be.
    const fn holds(&self, part: u64) -> bool {
        part.saturating_add(PARTS) > self.current && part <= self.current.saturating_add(PARTS)
    }
}

/// Whether a rule has to count the calls that do not fail. A rule that need not leaves a healthy backend's state as it
/// is, and so costs no write.
pub(super) const fn needs_all_calls(condition: &FailureCondition) -> bool {
    match condition.threshold {
        Threshold::Percentage(_) => true,
        Threshold::Count(count) => condition.minimum_calls > count,
    }
}
