use std::time::Duration;

use headgate_core::{RetryAfter, Timestamp};

/// The longest time that is believed; beyond it, the header counts as absent.
const LONGEST: Duration = Duration::from_secs(365 * 86_400);

/// How long a backend asks to be left alone; `None` when that is over already, zero, or longer than 365 days.
pub(super) fn believed(retry_after: RetryAfter, now: Timestamp) -> Option<Duration> {
    let duration = retry_after.from(now);
    (duration > Duration::ZERO && duration <= LONGEST).then_some(duration)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_that_is_over_zero_or_absurd_does_not_count() {
        let now = Timestamp::from_secs(1_000_000_000);
        let delay = |seconds| believed(RetryAfter::Delay(Duration::from_secs(seconds)), now);
        let at = |seconds| believed(RetryAfter::At(Timestamp::from_secs(seconds)), now);
        assert_eq!(delay(0), None);
        assert_eq!(delay(31_536_000), Some(LONGEST));
        assert_eq!(delay(31_536_001), None);
        assert_eq!(delay(u64::MAX), None);
        assert_eq!(at(999_999_999), None);
        assert_eq!(at(1_000_000_000), None);
        assert_eq!(at(1_000_000_060), Some(Duration::from_secs(60)));
        assert_eq!(at(u64::MAX), None);
    }
}
