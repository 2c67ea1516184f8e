use headgate_core::{Body, Outcome};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, Response};
use serde::Serialize;

/// A 200 with JSON that no cache keeps.
pub(crate) fn page(content: &impl Serialize) -> Response<Body> {
    // Events, names and numbers always serialise.
    let mut response = Response::new(Body::from(serde_json::to_vec(content).unwrap_or_default()));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Says in the log what came of a request.
pub(crate) fn with_outcome(
    mut response: Response<Body>,
    route: &'static str,
    result: &'static str,
) -> Response<Body> {
    response.extensions_mut().insert(Outcome { route, result });
    response
}
