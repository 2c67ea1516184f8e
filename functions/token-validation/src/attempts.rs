//! Tells gateway-tokens of tokens that somebody has tried to come in with after they had expired.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use headgate_core::{Body, Diagnostics, HttpClient, Severity, Timeout, Timestamp};
use headgate_jwt::rejection::Rejection;
use headgate_jwt::secure_url::SecureUrl;
use headgate_jwt::verdict::{Denial, Verdict};
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Request, StatusCode};
use serde_json::json;

use crate::ports::{Ports, World};

/// How long a token that was reported is not reported again by this instance.
const QUIET: Duration = Duration::from_secs(60);
/// The most tokens that are reported within that time.
const MOST: usize = 1_000;
/// The longest id that is reported, in bytes: gateway-tokens takes no longer one.
const LONGEST_ID: usize = 512;
const TIMEOUT: Timeout = Timeout {
    connect: Duration::from_secs(5),
    first_byte: Duration::from_secs(10),
    between_bytes: Duration::from_secs(5),
};

/// Where attempts with expired tokens are reported: the variables `attempts_url` and `attempts_authorization`.
#[derive(Clone, Debug)]
pub struct AttemptsTarget {
    /// The route `/attempts` of gateway-tokens.
    pub url: SecureUrl,
    /// What it is shown as `Authorization`; marked as sensitive.
    pub authorization: Option<HeaderValue>,
}

/// The id of the token that a request was denied for because it has expired, its signature being good: the claim `jti`, or
/// `uti`, which is Entra's.
pub(crate) fn expired_token(verdict: &Verdict) -> Option<&str> {
    let Verdict::Denied(Denial { rejection: Rejection::TokenExpired, verified, .. }) = verdict
    else {
        return None;
    };
    let claims = &verified.as_ref()?.claims;
    let id = claims.text("jti").or_else(|| claims.text("uti"))?;
    (1..=LONGEST_ID).contains(&id.len()).then_some(id)
}

/// What was reported lately, so that a caller who goes on trying makes no traffic.
#[derive(Debug, Default)]
pub(crate) struct Reported(Mutex<HashMap<String, Timestamp>>);

impl Reported {
    /// Lets a token be reported at its next attempt.
    pub(crate) fn forget(&self, id: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(id);
    }

    /// Whether a token is to be reported now; from then on it counts as reported.
    pub(crate) fn is_due(&self, id: &str, now: Timestamp) -> bool {
        let mut reported = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if reported.get(id).is_some_and(|at| now.since(*at) < QUIET) {
            return false;
        }
        if reported.len() >= MOST {
            reported.retain(|_, at| now.since(*at) < QUIET);
        }
        let has_room = reported.len() < MOST || reported.contains_key(id);
        if has_room {
            reported.insert(id.to_owned(), now);
        }
        has_room
    }
}

/// Reports a token, and says whether that is done. What goes wrong is told to the operator: the caller has an answer already.
pub(crate) async fn report<W: World>(target: AttemptsTarget, id: &str, ports: &Ports<W>) -> bool {
    let mut request =
        Request::post(target.url.uri().clone()).header(CONTENT_TYPE, "application/json");
    if let Some(authorization) = target.authorization {
        request = request.header(AUTHORIZATION, authorization);
    }
    let Ok(request) = request.body(Body::from(json!({ "id": id }).to_string())) else {
        return true;
    };
    let problem: &dyn std::fmt::Display = match ports.http.send(request, TIMEOUT).await {
        // Nobody has registered the token: it is no gateway's.
        Ok(response) if response.status() == StatusCode::NOT_FOUND => return true,
        Ok(response) if response.status().is_success() => return true,
        Ok(response) => &format!("attempts_url answers {}", response.status()),
        Err(error) => &format!("attempts_url cannot be asked: {error}"),
    };
    let message = format_args!("an attempt with an expired token is not reported: {problem}");
    ports.diagnostics.report(Severity::Warning, &message);
    false
}
