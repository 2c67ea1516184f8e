use std::time::Duration;

use http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, Response, StatusCode};
use serde::Serialize;

use crate::{Body, retry_after_seconds};

/// A refusal or failure as a caller sees it: `application/problem+json` (RFC 9457).
///
/// `title` and `detail` say what the caller can do about it. What broke inside goes to the log.
///
/// ```
/// use headgate_core::Problem;
/// use http::StatusCode;
///
/// let response = Problem::new(StatusCode::NOT_FOUND, "no such route")
///     .detail("this function serves GET /healthz")
///     .into_response();
/// assert_eq!(response.status(), 404);
/// ```
#[derive(Clone, Debug, Serialize)]
pub struct Problem {
    #[serde(serialize_with = "as_number")]
    status: StatusCode,
    title: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    #[serde(skip)]
    retry_after: Option<Duration>,
}

impl Problem {
    /// Makes a problem of the type `about:blank` with a title of its own.
    #[must_use]
    pub const fn new(status: StatusCode, title: &'static str) -> Self {
        Self { status, title, detail: None, retry_after: None }
    }

    /// Adds what is particular to this occurrence.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// Says in `Retry-After` when the caller may ask again, if that is known: in whole seconds, rounded up, and one at least.
    #[must_use]
    pub const fn retry_after(mut self, retry_after: Option<Duration>) -> Self {
        self.retry_after = retry_after;
        self
    }

    /// Makes the response, which no cache may keep.
    #[must_use]
    pub fn into_response(self) -> Response<Body> {
        // A status and two strings always serialise.
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(retry_after) = self.retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(retry_after_seconds(retry_after)));
        }
        response
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
fn as_number<S: serde::Serializer>(status: &StatusCode, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u16(status.as_u16())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caller_is_told_to_wait_for_whole_seconds_and_one_at_least() {
        let problem = Problem::new(StatusCode::SERVICE_UNAVAILABLE, "not at this moment");
        for (wait, expected) in [(0, "1"), (999, "1"), (2_001, "3"), (60_000, "60")] {
            let problem = problem.clone().retry_after(Some(Duration::from_millis(wait)));
            assert_eq!(problem.into_response().headers()[RETRY_AFTER], expected, "{wait}");
        }
        let response = problem.retry_after(None).into_response();
        assert!(!response.headers().contains_key(RETRY_AFTER));
    }
}
