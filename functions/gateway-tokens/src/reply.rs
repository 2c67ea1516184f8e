//! Responses that more than one route gives.

use headgate_core::Body;
use headgate_core::reply::problem;
use http::{Response, StatusCode};

/// What an id comes to that no token has.
pub(crate) fn unknown_token(route: &'static str, detail: impl Into<String>) -> Response<Body> {
    problem(StatusCode::NOT_FOUND, "there is no such token", detail, (route, "TokenNotFound"))
}
