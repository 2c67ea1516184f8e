//! The function's contract in OpenAPI.

use headgate_core::Body;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Response};

/// The function's contract, OpenAPI 3.1.
pub const DOCUMENT: &str = include_str!("../openapi.json");

pub(crate) fn response() -> Response<Body> {
    let mut response = Response::new(Body::from(DOCUMENT));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
