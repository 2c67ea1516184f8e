use std::time::{Duration, SystemTime};

use http::HeaderMap;
use http::header::RETRY_AFTER;

use crate::Timestamp;

/// When somebody asks to be called again: `Retry-After` (RFC 9110 §10.2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryAfter {
    /// After this many seconds.
    Delay(Duration),
    /// At this time.
    At(Timestamp),
}

impl RetryAfter {
    /// Reads it of an answer; `None` without one that can be read.
    #[must_use]
    pub fn of(headers: &HeaderMap) -> Option<Self> {
        Self::parse(headers.get(RETRY_AFTER)?.to_str().ok()?)
    }

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

    /// How long that is from `now`; zero when it is over already.
    #[must_use]
    pub const fn from(self, now: Timestamp) -> Duration {
        match self {
            Self::Delay(delay) => delay,
            Self::At(time) => time.since(now),
        }
    }

    /// How long that is where a service is known to count in seconds; `None` for a date, whose clock need not be ours.
    #[must_use]
    pub const fn delay(self) -> Option<Duration> {
        match self {
            Self::Delay(delay) => Some(delay),
            Self::At(_) => None,
        }
    }
}

/// The seconds of a `Retry-After` header (RFC 9110 §10.2.3): rounded up, so that nobody comes again too early, and at least 1;
/// saturates.
#[must_use]
pub fn retry_after_seconds(duration: Duration) -> u64 {
    let up = duration.as_secs().saturating_add(u64::from(duration.subsec_nanos() > 0));
    up.max(1)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    /// The moment that RFC 9110 §5.6.7 gives as its example.
    const EXAMPLE: Timestamp = Timestamp::from_secs(784_111_777);

    #[test]
    fn seconds_and_dates_are_read() {
        let at = Some(RetryAfter::At(EXAMPLE));
        for (value, expected) in [
            ("120", Some(RetryAfter::Delay(Duration::from_secs(120)))),
            (" 0\t", Some(RetryAfter::Delay(Duration::ZERO))),
            ("Sun, 06 Nov 1994 08:49:37 GMT", at),
            ("Sunday, 06-Nov-94 08:49:37 GMT", at),
            ("Sun Nov  6 08:49:37 1994", at),
            ("", None),
            ("soon", None),
            ("-1", None),
            ("+1", None),
            ("1.5", None),
            ("1, 2", None),
            ("99999999999999999999999", None),
            ("2026-11-21T00:00:00Z", None),
        ] {
            assert_eq!(RetryAfter::parse(value), expected, "{value}");
            let headers = HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_static(value))]);
            assert_eq!(RetryAfter::of(&headers), expected, "{value}");
        }
        assert_eq!(RetryAfter::of(&HeaderMap::new()), None);
    }

    #[test]
    fn seconds_are_rounded_up_and_never_none() {
        for (duration, expected) in [
            (Duration::ZERO, 1),
            (Duration::from_nanos(1), 1),
            (Duration::from_millis(1), 1),
            (Duration::from_secs(1), 1),
            (Duration::from_millis(1_001), 2),
            (Duration::MAX, u64::MAX),
        ] {
            assert_eq!(retry_after_seconds(duration), expected, "{duration:?}");
        }
    }

    #[test]
    fn a_date_is_as_far_as_it_is_from_now_and_no_delay() {
        let ten = Duration::from_secs(10);
        let at = RetryAfter::At(EXAMPLE.plus(ten));
        assert_eq!(at.from(EXAMPLE), ten);
        assert_eq!(at.from(EXAMPLE.plus(ten * 2)), Duration::ZERO);
        assert_eq!(at.delay(), None);
        assert_eq!(RetryAfter::Delay(ten).from(EXAMPLE), ten);
        assert_eq!(RetryAfter::Delay(ten).delay(), Some(ten));
    }
}
