use std::time::Duration;

use headgate_core::{HttpError, RetryAfter, Timestamp};
use http::{HeaderMap, StatusCode};

use super::outcome::{DeliveryOutcome, OutcomeName};
use super::schedule::Schedule;

/// Judges a sink's answer as Event Grid does (contracts §3.6).
///
/// 200 to 204 are success. 400, 401, 403, 413 and 410, by which a webhook retires, are not tried again. Everything else
/// is, after the least time that its kind has, or after the `Retry-After` of a 429 or 503 where that is longer: a day at most.
#[must_use]
pub fn classify(status: StatusCode, headers: &HeaderMap, now: Timestamp) -> DeliveryOutcome {
    let refused = |outcome| DeliveryOutcome::Refused { outcome };
    let failed =
        |outcome, seconds| DeliveryOutcome::Failed { outcome, least: Duration::from_secs(seconds) };
    let asked = RetryAfter::of(headers).map(|asked| asked.from(now).min(Schedule::MOST));
    let later = |outcome, seconds| DeliveryOutcome::Failed {
        outcome,
        least: asked.unwrap_or_default().max(Duration::from_secs(seconds)),
    };
    match status.as_u16() {
        200..=204 => DeliveryOutcome::Delivered,
        400 => refused(OutcomeName::BadRequest),
        401 => refused(OutcomeName::Unauthorized),
        403 => refused(OutcomeName::Forbidden),
        410 => refused(OutcomeName::Disabled),
        413 => refused(OutcomeName::PayloadTooLarge),
        404 => failed(OutcomeName::NotFound, 5 * 60),
        408 => failed(OutcomeName::TimedOut, 2 * 60),
        429 => later(OutcomeName::Busy, 10),
        503 => later(OutcomeName::Busy, 30),
        504 => failed(OutcomeName::TimedOut, 10),
        507 => failed(OutcomeName::Full, 10),
        500..=599 => failed(OutcomeName::Busy, 10),
        405..=499 | 402 => failed(OutcomeName::BadRequest, 10),
        _ => failed(OutcomeName::Aborted, 10),
    }
}

/// Judges that there was no answer: all of it is tried again, since a host can be mended.
#[must_use]
pub const fn classify_error(error: &HttpError) -> DeliveryOutcome {
    let outcome = match error {
        HttpError::NotAllowed(_) => OutcomeName::Forbidden,
        HttpError::Unreachable(_) | HttpError::Protocol(_) | HttpError::RequestBody(_) => {
            OutcomeName::SocketError
        }
        HttpError::TimedOut => OutcomeName::TimedOut,
    };
    DeliveryOutcome::Failed { outcome, least: Schedule::LEAST }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use http::header::RETRY_AFTER;

    use super::*;

    /// 1994-11-06T08:49:37Z, the date of RFC 9110 §5.6.7.
    const NOW: Timestamp = Timestamp::from_secs(784_111_777);

    fn judged(status: u16, retry_after: Option<&'static str>) -> DeliveryOutcome {
        let headers = retry_after.map(|value| (RETRY_AFTER, HeaderValue::from_static(value)));
        let headers = HeaderMap::from_iter(headers);
        classify(StatusCode::from_u16(status).unwrap(), &headers, NOW)
    }

    fn least(status: u16, retry_after: Option<&'static str>) -> u64 {
        match judged(status, retry_after) {
            DeliveryOutcome::Failed { least, .. } => least.as_secs(),
            other => panic!("{status} is {other:?}"),
        }
    }

    #[test]
    fn exactly_five_statuses_are_success_and_five_are_final() {
        for status in 100..=599 {
            match judged(status, None) {
                DeliveryOutcome::Delivered => assert!((200..=204).contains(&status)),
                DeliveryOutcome::Refused { .. } => {
                    assert!([400, 401, 403, 410, 413].contains(&status), "{status}");
                }
                DeliveryOutcome::Failed { least, .. } => {
                    assert!(![400, 401, 403, 410, 413].contains(&status), "{status}");
                    assert!(!(200..=204).contains(&status), "{status}");
                    assert!(least >= Duration::from_secs(10));
                }
            }
        }
    }

    #[test]
    fn some_statuses_have_a_least_delay_of_their_own() {
        assert_eq!(least(404, None), 300);
        assert_eq!(least(408, None), 120);
        assert_eq!(least(503, None), 30);
        assert_eq!(least(500, None), 10);
        assert_eq!(least(429, None), 10);
    }

    #[test]
    fn retry_after_lengthens_the_delay_of_a_busy_sink_and_shortens_none() {
        assert_eq!(least(429, Some("120")), 120);
        assert_eq!(least(503, Some("5")), 30);
        assert_eq!(least(503, Some("Sun, 06 Nov 1994 08:51:37 GMT")), 120);
        assert_eq!(least(503, Some("Sun, 06 Nov 1994 08:00:00 GMT")), 30);
        assert_eq!(least(429, Some("99999999999")), 86_400);
        assert_eq!(least(429, Some("soon")), 10);
        assert_eq!(least(500, Some("120")), 10);
    }

    #[test]
    fn no_answer_is_tried_again() {
        let outcome = classify_error(&HttpError::TimedOut);
        assert_eq!(
            outcome,
            DeliveryOutcome::Failed {
                outcome: OutcomeName::TimedOut,
                least: Duration::from_secs(10)
            }
        );
    }
}
