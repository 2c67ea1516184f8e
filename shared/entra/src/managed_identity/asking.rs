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
const UPDATED: &str = "the identity endpoint is being updated, or is not there";
const NOBODY: &str = "nobody is at the address of the identity endpoint";
const FORBIDDEN: &str = "the identity endpoint is not among the allowed outbound hosts";

/// A request to an identity endpoint.
pub(super) struct Asking<'a> {
    pub(super) service: Service,
    pub(super) address: &'a str,
    pub(super) headers: HeaderMap,
    /// Whether it is certain that somebody is there.
    pub(super) is_certain: bool,
}

/// How many attempts may stay without any answer, where somebody is known to be there and where not.
const SILENT_ATTEMPTS: (u32, u32) = (6, 2);

impl Asking<'_> {
    /// Sends the request until there is an answer that another attempt would not change.
    pub(super) async fn reply<W: World>(&self, ports: &Ports<W>) -> Result<Reply, TokenError> {
        let began = ports.clock.now();
        let silent_attempts = if self.is_certain { SILENT_ATTEMPTS.0 } else { SILENT_ATTEMPTS.1 };
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
                Err(NoReply::Broken) if silent + 1 < silent_attempts => {
                    silent += 1;
                    Attempt::Broken
                }
                Err(no_reply) => return Err(self.silence(*no_reply)),
            };
            let waited = ports.clock.now().since(began);
            match (next_delay(self.service, attempt, made, waited, jitter(&ports.random)), reply) {
                (Some(delay), _) => ports.clock.sleep(delay).await,
                (None, Ok(reply)) => return Ok(reply),
                (None, Err(_)) => break,
            }
        }
        Err(self.silence(NoReply::Broken))
    }

    /// Tells a machine that has no identity from one whose endpoint is silent now.
    const fn silence(&self, no_reply: NoReply) -> TokenError {
        match no_reply {
            NoReply::Forbidden => TokenError::IdentityAbsent { reason: FORBIDDEN },
            NoReply::Unreachable if !self.is_certain => {
                TokenError::IdentityAbsent { reason: NOBODY }
            }
            NoReply::Unreachable | NoReply::Broken => {
                TokenError::IdentityUnavailable { reason: SILENT, is_certain: self.is_certain }
            }
        }
    }

    /// Reads a token, or says what the endpoint refused (contracts §6.1).
    pub(super) fn granted(&self, reply: &Reply, now: Timestamp) -> Result<Granted, TokenError> {
        let status = reply.status.as_u16();
        let retry_after = reply.retry_after();
        match status {
            200 => Granted::read(reply.json()?, now),
            429 => Err(TokenError::Throttled {
                retry_after: retry_after.unwrap_or(Duration::from_secs(10)),
            }),
            500..=599 => Err(TokenError::ServiceFailed { status }),
            404 if self.service == Service::Imds => Err(Self::updated()),
            410 => Err(Self::updated()),
            _ => Err(refused(reply)),
        }
    }

    /// It answers, so it is there.
    const fn updated() -> TokenError {
        TokenError::IdentityUnavailable { reason: UPDATED, is_certain: true }
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
        (401 | 403, _) => {
            "the platform does not know this process: restart it, its identity header has changed"
        }
        _ => "check client-id, object-id or resource-id, and the scope",
    };
    TokenError::IdentityRefused { status, advice }
}
