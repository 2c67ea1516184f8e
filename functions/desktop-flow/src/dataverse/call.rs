use std::time::Duration;

use headgate_core::{HttpError, RetryAfter};
use headgate_entra::TokenError;
use http::{HeaderMap, StatusCode};
use serde::Deserialize;

/// Why a call did not do what it was for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CallError {
    /// There is no token to call with.
    #[error("no token: {0}")]
    Token(TokenError),
    /// Nothing was sent: there is no connection, or the host may not be called.
    #[error("the service cannot be reached: {0}")]
    NotSent(String),
    /// Nobody knows whether it arrived.
    #[error("the connection to the service was lost: {0}")]
    Lost(String),
    /// The service protects itself, and has done nothing (contracts §1.7).
    #[error("the service asks for fewer requests ({code})")]
    Throttled {
        /// When to try again, if it says so.
        retry_after: Option<Duration>,
        /// The code, or `429`.
        code: String,
    },
    /// The service has refused it, and has done nothing.
    #[error("the service refused with {status} {code}")]
    Refused {
        /// Its status.
        status: u16,
        /// Its code; empty without one.
        code: String,
        /// Its words: for the caller alone.
        message: String,
    },
    /// The service failed, and nobody knows how far it came.
    #[error("the service failed with {status} {code}")]
    Failed {
        /// Its status.
        status: u16,
        /// Its code; empty without one.
        code: String,
    },
    /// What it answered is not what the contract says.
    #[error("the service answered what nobody understands")]
    Unusable,
}

/// The codes that say that one connection, or the machine behind it, has too much to do (contracts §1.6, 429).
const CONNECTION: [&str; 3] =
    ["DesktopFlowsActionThrottled", "UIFlowAlreadyRunning", "LocalPlaybackOrRecordingOngoing"];

/// The codes by which Dataverse protects itself: requests, execution time, concurrency (contracts §1.7).
const PROTECTION: [&str; 3] = ["0x80072322", "0x80072321", "0x80072326"];

#[derive(Debug, Default, Deserialize)]
struct Envelope {
    #[serde(default)]
    error: Detail,
}

#[derive(Debug, Default, Deserialize)]
struct Detail {
    #[serde(default)]
    code: String,
    #[serde(default)]
    message: String,
    #[serde(default)]
    details: Vec<Detail>,
}

impl Detail {
    /// The innermost of the first details: the connections API wraps what it means twice (contracts §2.3).
    fn innermost(&self) -> &Self {
        self.details.first().map_or(self, Self::innermost)
    }
}

impl CallError {
    /// Whether the service says that there is no such thing.
    #[must_use]
    pub(crate) const fn is_not_found(&self) -> bool {
        matches!(self, Self::Refused { status: 404, .. })
    }

    /// Whether one connection is asked for fewer runs, and not Dataverse for fewer requests.
    #[must_use]
    pub(crate) fn is_of_connection(&self) -> bool {
        let Self::Throttled { code, .. } = self else { return false };
        CONNECTION.iter().any(|known| code.eq_ignore_ascii_case(known))
    }

    /// Judges an answer that is not a success.
    #[must_use]
    pub(crate) fn of_answer(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Self {
        let Envelope { error } = serde_json::from_slice(body).unwrap_or_default();
        let inner = error.innermost();
        let (code, message) = (inner.code.clone(), inner.message.clone());
        let is_protection = PROTECTION.iter().any(|known| code.eq_ignore_ascii_case(known));
        if status == StatusCode::TOO_MANY_REQUESTS || is_protection {
            let code = if code.is_empty() { "429".to_owned() } else { code };
            return Self::Throttled { retry_after: retry_after(headers), code };
        }
        match status.as_u16() {
            408 | 500 | 502..=599 => Self::Failed { status: status.as_u16(), code },
            _ => Self::Refused { status: status.as_u16(), code, message },
        }
    }
}

/// An error of the port: only one that means that there was no connection says that nothing was sent.
impl From<HttpError> for CallError {
    fn from(error: HttpError) -> Self {
        match error {
            HttpError::NotAllowed(_) | HttpError::Unreachable(_) => {
                Self::NotSent(error.to_string())
            }
            HttpError::TimedOut | HttpError::Protocol(_) | HttpError::RequestBody(_) => {
                Self::Lost(error.to_string())
            }
        }
    }
}

/// The longest that a service is believed when it says when to come again.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(60 * 60);

fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    RetryAfter::of(headers)?.delay().map(|delay| delay.min(LONGEST_RETRY_AFTER))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use http::header::RETRY_AFTER;

    use super::*;

    fn judged(status: u16, body: &str) -> CallError {
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, HeaderValue::from_static("7"));
        CallError::of_answer(StatusCode::from_u16(status).unwrap(), &headers, body.as_bytes())
    }

    #[test]
    fn service_protection_is_known_by_its_status_and_by_each_of_its_codes() {
        let retry_after = Some(Duration::from_secs(7));
        for code in PROTECTION {
            let body = format!(r#"{{"error":{{"code":"{code}","message":"slow down"}}}}"#);
            for status in [429, 503] {
                let code = code.to_owned();
                assert_eq!(judged(status, &body), CallError::Throttled { retry_after, code });
            }
        }
        assert!(
            matches!(judged(429, "<html>"), CallError::Throttled { code, .. } if code == "429")
        );
    }

    #[test]
    fn nobody_is_believed_who_asks_for_more_than_an_hour_or_names_a_date() {
        for (text, seconds) in
            [("3599", Some(3_599)), ("7200", Some(3_600)), ("Sun, 06 Nov 1994 08:49:37 GMT", None)]
        {
            let headers = HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_static(text))]);
            assert_eq!(retry_after(&headers), seconds.map(Duration::from_secs), "{text}");
        }
    }

    #[test]
    fn only_what_a_connection_has_too_much_of_is_of_the_connection() {
        let body = |code: &str| format!(r#"{{"error":{{"code":"{code}","message":"m"}}}}"#);
        for code in CONNECTION {
            assert!(judged(429, &body(code)).is_of_connection(), "{code}");
        }
        for code in PROTECTION {
            assert!(!judged(429, &body(code)).is_of_connection(), "{code}");
        }
        assert!(!judged(429, "").is_of_connection() && !judged(400, "").is_of_connection());
    }

    fn is_certainly_not_done(error: &CallError) -> bool {
        use CallError::{NotSent, Refused, Throttled, Token};
        matches!(error, Token(_) | NotSent(_) | Throttled { .. } | Refused { .. })
    }

    #[test]
    fn a_refusal_has_done_nothing_and_a_failure_may_have() {
        for status in [400, 401, 403, 404, 405, 412, 413, 501] {
            assert!(is_certainly_not_done(&judged(status, "{}")), "{status}");
        }
        for status in [408, 500, 502, 503, 504] {
            assert!(!is_certainly_not_done(&judged(status, "")), "{status}");
        }
        for error in [HttpError::TimedOut, HttpError::Protocol("x".into())] {
            assert!(!is_certainly_not_done(&CallError::from(error)));
        }
        assert!(is_certainly_not_done(&HttpError::Unreachable("x".into()).into()));
    }

    #[test]
    fn the_innermost_detail_of_an_error_is_what_it_means() {
        let body = r#"{"error":{"code":"ApiHubsRequestFailed","message":"a","details":[
            {"code":"b","message":"b","details":[{"code":"SessionNotFound","message":"c"}]}]}}"#;
        let CallError::Refused { status: 400, code, message } = judged(400, body) else { panic!() };
        assert_eq!((code.as_str(), message.as_str()), ("SessionNotFound", "c"));
    }

    #[test]
    fn the_services_words_are_not_in_the_text_of_an_error() {
        let error = judged(403, r#"{"error":{"code":"0x80040220","message":"hunter2"}}"#);
        assert_eq!(error.to_string(), "the service refused with 403 0x80040220");
    }
}
