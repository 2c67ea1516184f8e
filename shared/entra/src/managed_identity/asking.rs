use std::time::Duration;

use headgate_core::{Clock, Timeout, Timer, Timestamp};
use http::{HeaderMap, Method, StatusCode};
use serde_json::Value;

use crate::TokenError;
use crate::answer::Granted;
use crate::backoff::{Attempt, Service, jitter, next_delay};
use crate::call::{Call, NoReply, Reply};
use crate::ports::{Ports, World};

/// An endpoint on the machine connects at once or not at all.
const TIMEOUT: Timeout = Timeout {
    connect: Duration::from_secs(2),
    first_byte: Duration::from_secs(10),
    between_bytes: Duration::from_secs(5),
};

const SILENT: &str = "the identity endpoint does not answer";

/// A request to an identity endpoint.
pub(super) struct Asking<'a> {
    pub(super) service: Service,
    pub(super) address: &'a str,
    pub(super) headers: HeaderMap,
    /// How many attempts without any answer mean that nobody is there.
    pub(super) silent_attempts: u32,
}

impl Asking<'_> {
    /// Sends the request until there is an answer that another attempt would not change.
    pub(super) async fn reply<W: World>(&self, ports: &Ports<W>) -> Result<Reply, TokenError> {
        let began = ports.clock.now();
        let mut silent = 0;
        for made in 1.. {
            let headers = self.headers.clone();
            let call = Call {
                method: Method::GET,
                address: self.address,
                headers,
                form: "",
                timeout: TIMEOUT,
            };
            let reply = call.send(&ports.http).await;
            let attempt = match &reply {
                Ok(reply) => Attempt::Status(reply.status.as_u16(), reply.retry_after()),
                Err(NoReply::Broken) if silent + 1 < self.silent_attempts => {
                    silent += 1;
                    Attempt::Broken
                }
                Err(_) => return Err(TokenError::IdentityAbsent { reason: SILENT }),
            };
            let waited = ports.clock.now().since(began);
            match (next_delay(self.service, attempt, made, waited, jitter(&ports.random)), reply) {
                (Some(delay), _) => ports.clock.sleep(delay).await,
                (None, Ok(reply)) => return Ok(reply),
                (None, Err(_)) => break,
            }
        }
        Err(TokenError::IdentityAbsent { reason: SILENT })
    }
}

/// Reads a token, or says what an identity endpoint refused (contracts §6.1).
pub(super) fn granted(reply: &Reply, now: Timestamp) -> Result<Granted, TokenError> {
    let status = reply.status.as_u16();
    let retry_after = reply.retry_after();
    match status {
        200 => Granted::read(reply.json()?, now),
        429 => Err(TokenError::Throttled {
            retry_after: retry_after.unwrap_or(Duration::from_secs(10)),
        }),
        500..=599 => Err(TokenError::ServiceFailed { status }),
        _ => Err(refused(reply)),
    }
}

fn refused(reply: &Reply) -> TokenError {
    let body = reply.json().unwrap_or(Value::Null);
    let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
    let status = reply.status.as_u16();
    if reply.status == StatusCode::BAD_REQUEST
        && text("error_description").contains("Identity not found")
    {
        let reason = "the platform has no such identity: assign it, or check client-id, object-id and resource-id";
        return TokenError::IdentityAbsent { reason };
    }
    let advice = match (status, text("error")) {
        (_, "invalid_resource") => "the resource is not known: check the scope, its slashes too",
        (_, "bad_request_102") => "a proxy removed the header Metadata: call the endpoint directly",
        (404, _) => "the endpoint is not there: give the machine a managed identity",
        (410, _) => "the endpoint is being updated and did not come back: try again later",
        (401 | 403, _) => {
            "the platform does not know this process: restart it, its identity header has changed"
        }
        _ => "check client-id, object-id or resource-id, and the scope",
    };
    TokenError::IdentityRefused { status, advice }
}
