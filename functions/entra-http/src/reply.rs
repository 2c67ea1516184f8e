//! Refusals that more than one route gives.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use headgate_core::reply::problem;
use headgate_core::{Body, BodyError, HttpError, retry_after_seconds};
use headgate_entra::TokenError;
use http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, Response, StatusCode};

use crate::acting::ActorUnknown;
use crate::body::{Fault, Faults, NoContent};
use crate::target::TargetRefused;

type Reply = Response<Body>;

/// What a name comes to that no upstream has.
pub(crate) fn unknown_upstream(route: &'static str) -> Reply {
    let detail = "name an upstream of the function's configuration";
    problem(StatusCode::NOT_FOUND, "there is no such upstream", detail, (route, "UpstreamNotFound"))
}

pub(crate) fn target_refused(route: &'static str, refused: TargetRefused) -> Reply {
    let result = match refused {
        TargetRefused::Escapes => "PathEscapes",
        TargetRefused::Encoded => "PathEncoded",
        TargetRefused::Empty => "PathEmptySegment",
        TargetRefused::Malformed => "TargetMalformed",
        TargetRefused::NotText => "TargetNotText",
    };
    let title = "the path or query is not sent on";
    problem(StatusCode::BAD_REQUEST, title, refused.to_string(), (route, result))
}

pub(crate) fn not_on_allow_list(route: &'static str) -> Reply {
    problem(
        StatusCode::FORBIDDEN,
        "the request is not on the upstream's allow-list",
        "ask with a method and a path that the function's configuration allows",
        (route, "NotOnAllowList"),
    )
}

pub(crate) fn actor_unknown(route: &'static str, unknown: ActorUnknown) -> Reply {
    match unknown {
        ActorUnknown::ConnectionMissing => problem(
            StatusCode::BAD_REQUEST,
            "nobody knows for whom this calls",
            "name the connection in the header X-Headgate-Connection",
            (route, "ConnectionMissing"),
        ),
        ActorUnknown::CallerTokenMissing => {
            let mut reply = problem(
                StatusCode::UNAUTHORIZED,
                "this upstream is called on behalf of the caller",
                "send an access token for this function as Authorization: Bearer",
                (route, "CallerTokenMissing"),
            );
            reply.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            reply
        }
    }
}

/// What a caller gets when there is no token: the log has the rest.
pub(crate) fn no_token(route: &'static str, upstream: &str, error: &TokenError) -> Reply {
    let outcome = (route, error.name());
    let title = "the upstream cannot be called: there is no token for it";
    if let Some(claims) = error.claims_challenge() {
        let detail = "sign in again and satisfy the claims that WWW-Authenticate names";
        let mut reply = problem(StatusCode::UNAUTHORIZED, title, detail, outcome);
        let claims = STANDARD.encode(claims);
        let challenge = format!("Bearer error=\"insufficient_claims\", claims=\"{claims}\"");
        if let Ok(challenge) = HeaderValue::try_from(challenge) {
            reply.headers_mut().insert(WWW_AUTHENTICATE, challenge);
        }
        return reply;
    }
    match error {
        TokenError::SignInRequired { connection, .. } => {
            let detail = format!("open /consent/{upstream}?connection={connection} in a browser");
            problem(StatusCode::FORBIDDEN, "nobody has signed in", detail, outcome)
        }
        TokenError::ConnectionMalformed => {
            problem(StatusCode::BAD_REQUEST, title, error.to_string(), outcome)
        }
        _ if error.is_temporary() => {
            let detail = "ask again later; the function's log says why";
            let mut reply = problem(StatusCode::SERVICE_UNAVAILABLE, title, detail, outcome);
            if let Some(after) = error.retry_after() {
                let seconds = HeaderValue::from(retry_after_seconds(after));
                reply.headers_mut().insert(RETRY_AFTER, seconds);
            }
            reply
        }
        _ => {
            let detail = "the function's log says what to fix";
            problem(StatusCode::BAD_GATEWAY, title, detail, outcome)
        }
    }
}

fn faulty_body(route: &'static str, fault: Fault) -> Reply {
    match fault {
        Fault::NotBase64 => problem(
            StatusCode::BAD_REQUEST,
            "the request's body is not base64",
            "send its bytes in base64, in the standard alphabet and without line breaks",
            (route, "BodyNotBase64"),
        ),
        Fault::TooLong => problem(
            StatusCode::PAYLOAD_TOO_LARGE,
            "the request's body is too long",
            "send less at once, or have request-bytes of the upstream raised",
            (route, "BodyTooLong"),
        ),
    }
}

pub(crate) fn no_content(route: &'static str, reason: &NoContent) -> Reply {
    match reason {
        NoContent::Faulty(fault) => faulty_body(route, *fault),
        NoContent::Unreadable(error) => unreadable_body(route, error),
    }
}

fn unreadable_body(route: &'static str, error: &BodyError) -> Reply {
    match error {
        BodyError::TooLong { .. } => faulty_body(route, Fault::TooLong),
        BodyError::BrokenOff(_) => problem(
            StatusCode::BAD_REQUEST,
            "the request's body broke off",
            "send it again",
            (route, "BodyNotRead"),
        ),
    }
}

/// What a caller gets when the upstream has not answered.
pub(crate) fn unanswered(route: &'static str, error: &HttpError, faults: &Faults) -> Reply {
    let detail = "the request may have reached the upstream or not";
    let gateway = |title, result| problem(StatusCode::BAD_GATEWAY, title, detail, (route, result));
    if let Some(fault) = faults.get() {
        return faulty_body(route, fault);
    }
    match error {
        HttpError::TimedOut => {
            let title = "the upstream did not answer in time";
            problem(StatusCode::GATEWAY_TIMEOUT, title, detail, (route, "UpstreamTimedOut"))
        }
        HttpError::Unreachable(_) | HttpError::Protocol(_) => {
            gateway("the upstream did not answer", "UpstreamUnreachable")
        }
        HttpError::NotAllowed(_) => gateway("the upstream cannot be called", "UpstreamNotAllowed"),
        HttpError::RequestBody(error) => unreadable_body(route, error),
    }
}

/// What a caller gets in the place of an answer that is not passed on.
pub(crate) fn withheld(
    route: &'static str,
    title: &'static str,
    detail: &'static str,
    result: &'static str,
) -> Reply {
    problem(StatusCode::BAD_GATEWAY, title, detail, (route, result))
}
