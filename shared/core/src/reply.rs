//! The answers that every function gives in the same way.
//!
//! Each says in the response which route it comes from and what was decided, as an [`Outcome`] for the log and the
//! counters.

use bytes::Bytes;
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, Response, StatusCode};
use serde::Serialize;

use crate::{Body, BodyError, Outcome, Problem};

/// Says in a response which route it comes from and what was decided; what it said before is replaced.
#[must_use]
pub fn with_outcome(
    mut response: Response<Body>,
    route: &'static str,
    result: &'static str,
) -> Response<Body> {
    response.extensions_mut().insert(Outcome { route, result });
    response
}

/// Makes a 200 with a value as JSON, which no cache may keep, and the outcome `ok`.
///
/// The value must have a JSON form: texts, numbers, lists and maps with texts as keys always have. Of one that has none
/// nothing is sent.
#[must_use]
pub fn page(route: &'static str, content: &impl Serialize) -> Response<Body> {
    let content = serde_json::to_vec(content).unwrap_or_default();
    let mut response = json(Body::from(content));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    with_outcome(response, route, "ok")
}

/// Makes the answer of a route that shows a document of the function's own, as its contract in OpenAPI.
#[must_use]
pub fn document(route: &'static str, text: &'static str) -> Response<Body> {
    with_outcome(json(Body::from(text)), route, "ok")
}

/// Makes the answer of `/healthz`.
#[must_use]
pub fn healthy() -> Response<Body> {
    with_outcome(Response::new(Body::from("ok\n")), "healthz", "ok")
}

/// Makes the answer to a tick that is done.
///
/// Azure Functions ends a timer's invocation only when it reads a JSON object of this shape.
#[must_use]
pub fn ticked() -> Response<Body> {
    document("tick", r#"{"Outputs":{},"Logs":[],"ReturnValue":null}"#)
}

/// Makes a refusal with what is particular to it, and the outcome `result`.
#[must_use]
pub fn problem(
    status: StatusCode,
    title: &'static str,
    detail: impl Into<String>,
    (route, result): (&'static str, &'static str),
) -> Response<Body> {
    with_outcome(Problem::new(status, title).detail(detail).into_response(), route, result)
}

/// Makes the refusal of a method that a route has not; `allow` lists those that it has, as `DELETE, GET`.
#[must_use]
pub fn not_allowed(route: &'static str, allow: &'static str) -> Response<Body> {
    let mut response = problem(
        StatusCode::METHOD_NOT_ALLOWED,
        "the method is not allowed here",
        format!("use {allow}"),
        (route, "MethodNotAllowed"),
    );
    response.headers_mut().insert(ALLOW, HeaderValue::from_static(allow));
    response
}

/// Makes the refusal of a path that a function has not; `served` lists those that it has.
#[must_use]
pub fn route_not_found(served: &'static str) -> Response<Body> {
    problem(
        StatusCode::NOT_FOUND,
        "there is no such route",
        format!("this function serves {served}"),
        ("unknown", "RouteNotFound"),
    )
}

/// Makes the refusal of a request whose content cannot be taken; `detail` says what is wrong with it.
#[must_use]
pub fn invalid(route: &'static str, detail: impl Into<String>) -> Response<Body> {
    let title = "the request is invalid";
    problem(StatusCode::BAD_REQUEST, title, detail, (route, "RequestInvalid"))
}

/// Makes the answer where nothing can be said without the store, and that does not answer.
#[must_use]
pub fn store_unavailable(route: &'static str) -> Response<Body> {
    problem(
        StatusCode::SERVICE_UNAVAILABLE,
        "the store does not answer",
        "ask again; the function's log says why",
        (route, "StoreUnavailable"),
    )
}

/// Reads a request's body of at most `limit` bytes.
///
/// # Errors
///
/// The answer to the request: 413 when the body is longer, 400 when it broke off.
pub async fn read_body(
    body: Body,
    limit: usize,
    route: &'static str,
) -> Result<Bytes, Response<Body>> {
    body.read(limit).await.map_err(|error| {
        let status = match error {
            BodyError::TooLong { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            BodyError::BrokenOff(_) => StatusCode::BAD_REQUEST,
        };
        let title = "the request's body cannot be read";
        problem(status, title, error.to_string(), (route, "BodyNotRead"))
    })
}

fn json(body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use futures_util::FutureExt;

    use super::*;

    fn outcome(response: &Response<Body>) -> (&'static str, &'static str) {
        let outcome = response.extensions().get::<Outcome>().expect("it says what was decided");
        (outcome.route, outcome.result)
    }

    fn text(response: Response<Body>) -> Bytes {
        response.into_body().read(1_000).now_or_never().unwrap().unwrap()
    }

    #[test]
    fn a_page_is_json_that_no_cache_keeps() {
        let page = page("things", &BTreeMap::from([("things", [1, 2])]));
        assert_eq!((page.status(), outcome(&page)), (StatusCode::OK, ("things", "ok")));
        assert_eq!(page.headers()[CONTENT_TYPE], "application/json");
        assert_eq!(page.headers()[CACHE_CONTROL], "no-store");
        assert_eq!(text(page), r#"{"things":[1,2]}"#);
    }

    #[test]
    fn a_refused_method_names_those_that_there_are() {
        let refused = not_allowed("things", "DELETE, GET");
        assert_eq!(refused.status(), 405);
        assert_eq!(refused.headers()[ALLOW], "DELETE, GET");
        assert_eq!(outcome(&refused), ("things", "MethodNotAllowed"));
        assert!(text(refused).ends_with(br#""detail":"use DELETE, GET"}"#));
    }

    #[test]
    fn a_tick_is_answered_as_a_timer_of_azure_functions_reads_it() {
        let ticked = ticked();
        assert_eq!(ticked.headers()[CONTENT_TYPE], "application/json");
        assert_eq!(outcome(&ticked), ("tick", "ok"));
        assert_eq!(text(ticked), r#"{"Outputs":{},"Logs":[],"ReturnValue":null}"#);
    }

    #[test]
    fn the_outcome_that_is_said_last_counts() {
        let response = with_outcome(healthy(), "things", "SomethingElse");
        assert_eq!(outcome(&response), ("things", "SomethingElse"));
    }

    #[test]
    fn a_body_over_the_limit_is_answered_413_and_one_that_broke_off_400() {
        let read = |body, limit| read_body(body, limit, "things").now_or_never();
        assert_eq!(read(Body::from("abcd"), 4).unwrap().unwrap(), "abcd");
        let refused = read(Body::from("abcde"), 4).unwrap().unwrap_err();
        assert_eq!(refused.status(), StatusCode::PAYLOAD_TOO_LARGE);
        assert_eq!(outcome(&refused), ("things", "BodyNotRead"));
        let broken = http_body_util::StreamBody::new(futures_util::stream::once(async {
            Err::<http_body::Frame<Bytes>, _>("gone")
        }));
        let refused = read(Body::stream(broken), 4).unwrap().unwrap_err();
        assert_eq!(refused.status(), 400);
    }
}
