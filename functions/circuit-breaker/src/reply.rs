//! Responses that more than one route gives.

use headgate_core::Body;
use headgate_core::reply::problem;
use http::{Response, StatusCode};

/// What a name comes to that no backend or pool has.
pub(crate) fn unknown_backend(route: &'static str) -> Response<Body> {
    problem(
        StatusCode::NOT_FOUND,
        "there is no such backend",
        "GET /backends shows those that there are",
        (route, "BackendNotFound"),
    )
}
