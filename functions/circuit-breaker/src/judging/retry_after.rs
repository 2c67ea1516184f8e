use std::time::{Duration, SystemTime};

use headgate_core::Timestamp;

use super::moment::Moment;

/// When a backend asks to be called again: `Retry-After` (RFC 9110 §10.2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryAfter {
    /// After this many seconds.
    Delay(Duration),
    /// At this time.
    At(Timestamp),
}

/// The longest time that is believed; beyond it, the header counts as absent.
const LONGEST: Duration = Duration::from_secs(365 * 86_400);

impl RetryAfter {
    /// Reads the header's value: seconds, or a date in any of HTTP's three formats; `None` when it is neither.
    #[must_use]
    pub fn parse(value: &str) -> Option<Self> {
        let value = value.trim_matches([' ', '\t']);
        if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
            return value.parse().ok().map(|seconds| Self::Delay(Duration::from_secs(seconds)));
        }
        let date = httpdate::parse_http_date(value).ok()?;
        let since_epoch = date.duration_since(SystemTime::UNIX_EPOCH).ok()?;
        Some(Self::At(Timestamp::since_epoch(since_epoch)))
    }

    /// How long that is from `now`; `None` when it is over already, zero, or longer than 365 days.
    #[must_use]
    pub fn from(self, now: Moment) -> Option<Duration> {
        let duration = match self {
            Self::Delay(delay) => delay,
            Self::At(time) => Moment::from(time).since(now),
        };
        (duration > Duration::ZERO && duration <= LONGEST).then_some(duration)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_and_dates_are_read() {
        let at = |seconds| Some(RetryAfter::At(Timestamp::from_secs(seconds)));
        for (value, expected) in [
            ("120", Some(RetryAfter::Delay(Duration::from_secs(120)))),
            (" 0\t", Some(RetryAfter::Delay(Duration::ZERO))),
            // The three formats of RFC 9110 §5.6.7, which gives this moment as its example.
            ("Sun, 06 Nov 1994 08:49:37 GMT", at(784_111_777)),
            ("Sunday, 06-Nov-94 08:49:37 GMT", at(784_111_777)),
            ("Sun Nov  6 08:49:37 1994", at(784_111_777)),
            ("", None),
            ("soon", None),
            ("-1", None),
            ("1.5", None),
            ("1, 2", None),
            ("99999999999999999999999", None),
            ("2026-11-21T00:00:00Z", None),
        ] {
            assert_eq!(RetryAfter::parse(value), expected, "{value}");
        }
    }

    #[test]
    fn a_time_that_is_over_zero_or_absurd_does_not_count() {
        let now = Moment::from_millis(1_000_000_000_000);
        let delay = |seconds| RetryAfter::Delay(Duration::from_secs(seconds)).from(now);
        let at = |seconds| RetryAfter::At(Timestamp::from_secs(seconds)).from(now);
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
