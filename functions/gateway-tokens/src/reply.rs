//! Responses that more than one route gives.

use headgate_core::{Body, BodyError, Outcome, Problem};
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, Response, StatusCode};
use serde_json::Value;

/// Says in the response which route it comes from and what was decided.
pub(crate) fn with_outcome(
    mut response: Response<Body>,
    route: &'static str,
    result: &'static str,
) -> Response<Body> {
    response.extensions_mut().insert(Outcome { route, result });
    response
}

/// A 200 with a JSON value, which no cache may keep.
pub(crate) fn page(route: &'static str, content: &Value) -> Response<Body> {
    let mut response = Response::new(Body::from(content.to_string()));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    with_outcome(response, route, "ok")
}

/// A problem with what is particular to it.
pub(crate) fn problem(
    status: StatusCode,
    title: &'static str,
    detail: impl Into<String>,
    (route, result): (&'static str, &'static str),
) -> Response<Body> {
    with_outcome(Problem::new(status, title).detail(detail).into_response(), route, result)
}

pub(crate) fn not_allowed(route: &'static str, allow: &'static str) -> Response<Body> {
    let mut response = problem(
        StatusCode::METHOD_NOT_ALLOWED,
        "the method is not allowed here",
        format!("use {allow}"),
        (route, "MethodNotAllowed"),
    );
    response.headers_mut().insert(ALLOW, HeaderValue::from_static(allow));
    response
}

/// What an id comes to that no token has.
pub(crate) fn unknown_token(route: &'static str, detail: impl Into<String>) -> Response<Body> {
    problem(StatusCode::NOT_FOUND, "there is no such token", detail, (route, "TokenNotFound"))
}

/// What a request's content comes to that cannot be taken.
pub(crate) fn invalid(route: &'static str, detail: impl Into<String>) -> Response<Body> {
    let title = "the request is invalid";
    problem(StatusCode::BAD_REQUEST, title, detail, (route, "RequestInvalid"))
}

/// What a store that does not answer comes to, where nothing can be said without it.
pub(crate) fn store_unavailable(route: &'static str) -> Response<Body> {
    problem(
        StatusCode::SERVICE_UNAVAILABLE,
        "the store does not answer",
        "ask again; the function's log says why",
        (route, "StoreUnavailable"),
    )
}

/// Reads a request's body of at most `limit` bytes, or answers the request.
pub(crate) async fn read(
    body: Body,
    limit: usize,
    route: &'static str,
) -> Result<bytes::Bytes, Response<Body>> {
    body.read(limit).await.map_err(|error| {
        let status = match error {
            BodyError::TooLong { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            BodyError::BrokenOff(_) => StatusCode::BAD_REQUEST,
        };
        let title = "the request's body cannot be read";
        problem(status, title, error.to_string(), (route, "BodyNotRead"))
    })
}
