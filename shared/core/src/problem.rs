use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, Response, StatusCode};
use serde::Serialize;

use crate::Body;

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
}

impl Problem {
    /// Makes a problem of the type `about:blank` with a title of its own.
    #[must_use]
    pub const fn new(status: StatusCode, title: &'static str) -> Self {
        Self { status, title, detail: None }
    }

    /// Adds what is particular to this occurrence.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
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
        response
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
fn as_number<S: serde::Serializer>(status: &StatusCode, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u16(status.as_u16())
}
