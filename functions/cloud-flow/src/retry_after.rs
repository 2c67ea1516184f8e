use std::time::{Duration, UNIX_EPOCH};

use headgate_core::Timestamp;
use http::HeaderMap;
use http::header::RETRY_AFTER;

/// The longest that anybody is believed who says when to come again.
const LONGEST: Duration = Duration::from_secs(60 * 60);

/// What `Retry-After` says, in seconds or as a date (RFC 9110 §10.2.3); `None` without one that can be read.
pub(crate) fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let wait = match text.parse::<u64>() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => {
            let date = httpdate::parse_http_date(text).ok()?;
            Timestamp::since_epoch(date.duration_since(UNIX_EPOCH).ok()?).since(now)
        }
    };
    Some(wait.min(LONGEST))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn seconds_and_dates_are_read_and_nothing_is_believed_for_more_than_an_hour() {
        let now = Timestamp::from_secs(784_111_777);
        for (text, expected) in [
            ("7", Some(7)),
            (" 0 ", Some(0)),
            ("86400", Some(3_600)),
            ("Sun, 06 Nov 1994 08:49:47 GMT", Some(10)),
            ("Sun, 06 Nov 1994 08:49:27 GMT", Some(0)),
            ("soon", None),
            ("-1", None),
        ] {
            let headers = HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_static(text))]);
            assert_eq!(retry_after(&headers, now), expected.map(Duration::from_secs), "{text}");
        }
    }
}
