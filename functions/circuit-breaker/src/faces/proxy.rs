use std::sync::Arc;
use std::time::Duration;

use headgate_core::reply::{problem, with_outcome};
use headgate_core::{
    Body, Clock, Diagnostics, HttpClient, HttpError, RetryAfter, Severity, retry_after_seconds,
};
use http::header::RETRY_AFTER;
use http::request::Parts;
use http::{HeaderValue, Request, Response, StatusCode};

use super::body_watch::watched;
use super::way::{Way, find_way};
use crate::World;
use crate::backends::{ErrorReason, SessionAffinity};
use crate::breaker::{Breaker, Breakers, Named};
use crate::judging::Outcome;
use crate::proxy::{Forwarding, backend_request, caller_response, escapes, wants_upgrade};
use crate::reply::unknown_backend;

const ROUTE: &str = "proxy";

/// Sends a request on to the backend or pool whose name begins `path`, and counts how that ends.
///
/// A request that is refused here is not counted, and neither is one that the caller broke off: both say nothing about the
/// backend. Nothing is sent twice.
pub(crate) async fn proxy<W: World>(
    breakers: &Arc<Breakers<W>>,
    parts: Parts,
    body: Body,
    path: &str,
) -> Response<Body> {
    let (name, path) = path.split_at(path.find('/').unwrap_or(path.len()));
    let Some(target) = breakers.get(name) else { return unknown_backend(ROUTE) };
    if wants_upgrade(&parts) {
        return problem(
            StatusCode::NOT_IMPLEMENTED,
            "the connection cannot be upgraded",
            "send the request without Upgrade, and no CONNECT",
            (ROUTE, "UpgradeNotSupported"),
        );
    }
    if escapes(path) {
        return escaped();
    }
    let affinity = match target {
        Named::Backend(_) => None,
        Named::Pool(pool, _) => pool.session_affinity.as_ref(),
    };
    let (breaker, cookie) = match find_way(breakers, target, &parts.headers).await {
        Way::To { breaker, cookie } => (breaker, cookie),
        Way::Refused { status, retry_after } => return open(status, retry_after),
    };
    let to = Forwarding {
        destination: &breaker.destination,
        credentials: &breaker.backend.credentials,
        affinity,
        path,
    };
    let Ok(request) = backend_request(&parts, body, to) else { return escaped() };
    // In a box of its own: a refusal, which is to cost little, does not move it about.
    Box::pin(forward(breakers, &breaker, request, affinity.zip(cookie))).await
}

async fn forward<W: World>(
    breakers: &Arc<Breakers<W>>,
    breaker: &Arc<Breaker>,
    request: Request<Body>,
    cookie: Option<(&SessionAffinity, String)>,
) -> Response<Body> {
    let sent = breakers.ports.http.send(request, breakers.configuration.timeout).await;
    match sent {
        Ok(response) => answered(breakers, breaker, response, cookie).await,
        Err(error) => unanswered(breakers, breaker, &error).await,
    }
}

fn escaped() -> Response<Body> {
    problem(
        StatusCode::BAD_REQUEST,
        "the path leads out of the backend's",
        "send it without the segments . and .., also percent-encoded",
        (ROUTE, "PathEscapes"),
    )
}

/// What a caller gets while no backend may be called.
fn open(status: StatusCode, retry_after: Duration) -> Response<Body> {
    let mut response = problem(
        status,
        "the circuit is open",
        "the backend has failed; ask again after the time that Retry-After says",
        (ROUTE, "CircuitOpen"),
    );
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(retry_after_seconds(retry_after)));
    response
}

async fn answered<W: World>(
    breakers: &Arc<Breakers<W>>,
    breaker: &Arc<Breaker>,
    response: Response<Body>,
    cookie: Option<(&SessionAffinity, String)>,
) -> Response<Body> {
    let outcome = Outcome {
        id: None,
        at: breakers.ports.clock.now(),
        status: Some(response.status()),
        error_reason: None,
        retry_after: RetryAfter::of(response.headers()),
    };
    breakers.count(breaker, outcome).await;
    let cookie = cookie.as_ref().map(|(affinity, value)| (*affinity, value.as_str()));
    let response = caller_response(response, cookie);
    with_outcome(response.map(|body| watched(breakers, breaker, body)), ROUTE, "ok")
}

async fn unanswered<W: World>(
    breakers: &Arc<Breakers<W>>,
    breaker: &Arc<Breaker>,
    error: &HttpError,
) -> Response<Body> {
    let (status, title, result, reason) = match error {
        HttpError::TimedOut => (
            StatusCode::GATEWAY_TIMEOUT,
            "the backend did not answer in time",
            "BackendTimedOut",
            Some(ErrorReason::timeout()),
        ),
        HttpError::Unreachable(_) | HttpError::Protocol(_) => (
            StatusCode::BAD_GATEWAY,
            "the backend did not answer",
            "BackendUnreachable",
            Some(ErrorReason::backend_connection_failure()),
        ),
        HttpError::NotAllowed(_) => {
            let name = &breaker.backend.name;
            let message = format_args!("backend {name} may not be called from here: {error}");
            breakers.ports.diagnostics.report(Severity::Error, &message);
            (StatusCode::BAD_GATEWAY, "the backend cannot be called", "BackendNotAllowed", None)
        }
        HttpError::RequestBody(_) => {
            (StatusCode::BAD_REQUEST, "the request's body broke off", "BodyNotRead", None)
        }
    };
    if reason.is_some() {
        // The status too: a rule exported from API Management may list 500 to 599 and no reasons.
        let at = breakers.ports.clock.now();
        let (status, retry_after) = (Some(status), None);
        let outcome = Outcome { id: None, at, status, error_reason: reason, retry_after };
        breakers.count(breaker, outcome).await;
    }
    problem(status, title, "the request may have reached the backend or not", (ROUTE, result))
}
