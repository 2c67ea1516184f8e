use std::time::Duration;

use headgate_core::{RetryAfter, Timestamp};
use http::HeaderMap;

/// The longest that anybody is believed who says when to come again.
const LONGEST: Duration = Duration::from_secs(60 * 60);

/// For how long `Retry-After` asks to wait, an hour at most; `None` without one that can be read.
pub(crate) fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    RetryAfter::of(headers).map(|asked| asked.from(now).min(LONGEST))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use http::header::RETRY_AFTER;

    use super::*;

    #[test]
    fn nobody_is_believed_who_asks_for_more_than_an_hour() {
        let now = Timestamp::from_secs(784_111_777);
        for (text, expected) in [
            ("3599", Some(3_599)),
            ("86400", Some(3_600)),
            ("Sun, 06 Nov 1994 08:49:47 GMT", Some(10)),
            ("soon", None),
        ] {
            let headers = HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_static(text))]);
            assert_eq!(retry_after(&headers, now), expected.map(Duration::from_secs), "{text}");
        }
    }
}
