//! A moment as the store holds it.

use std::time::Duration;

use headgate_core::Timestamp;
use serde::{Deserialize, Serialize};

/// A moment in units of 100 nanoseconds since the epoch, which is as much as an event's time says (contracts §1.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Moment(u64);

const PER_SECOND: u64 = 10_000_000;

impl Moment {
    /// The moment as a clock tells it.
    #[must_use]
    pub fn timestamp(self) -> Timestamp {
        let fraction = u32::try_from(self.0 % PER_SECOND).unwrap_or_default();
        Timestamp::since_epoch(Duration::new(self.0 / PER_SECOND, fraction * 100))
    }
}

impl From<Timestamp> for Moment {
    fn from(timestamp: Timestamp) -> Self {
        let since_epoch = timestamp.since(Timestamp::since_epoch(Duration::ZERO));
        let fraction = u64::from(since_epoch.subsec_nanos() / 100);
        Self(since_epoch.as_secs().saturating_mul(PER_SECOND).saturating_add(fraction))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seven_fractional_digits_are_kept() {
        let time = Timestamp::since_epoch(Duration::new(1_743_554_868, 826_976_999));
        let kept = Timestamp::since_epoch(Duration::new(1_743_554_868, 826_976_900));
        assert_eq!(Moment::from(time).timestamp(), kept);
        assert_eq!(Moment::from(kept), Moment::from(time));
    }
}
