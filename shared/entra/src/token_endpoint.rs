use std::time::Duration;

use headgate_core::{Clock, Timeout, Timer};
use http::header::ACCEPT;
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};

use crate::answer::Granted;
use crate::backoff::{Attempt, Service, jitter, next_delay};
use crate::call::{Call, NoReply, Reply};
use crate::client_assertion::guid;
use crate::form::Form;
use crate::ports::{Ports, World};
use crate::{Refusal, TokenError};

const TIMEOUT: Timeout = Timeout {
    connect: Duration::from_secs(5),
    first_byte: Duration::from_secs(10),
    between_bytes: Duration::from_secs(5),
};

/// When to try again after an answer that asks for patience and does not say how much.
const PATIENCE: Duration = Duration::from_secs(10);

/// Asks a token endpoint, several times when it fails or throttles (contracts §5.4, 5.5).
pub(crate) async fn ask<W: World>(
    url: &str,
    form: &Form,
    ports: &Ports<W>,
) -> Result<Granted, TokenError> {
    let began = ports.clock.now();
    for made in 1.. {
        let now = ports.clock.now();
        let reply = call(url, form, ports).send(&ports.http).await;
        let attempt = match &reply {
            Ok(reply) if reply.status == StatusCode::OK => {
                return Granted::read(reply.json()?, now);
            }
            Ok(reply) => judged(reply)?,
            Err(NoReply::Forbidden) => return Err(unreachable(url)),
            Err(NoReply::Unreachable | NoReply::Broken) => Attempt::Broken,
        };
        let waited = ports.clock.now().since(began);
        match next_delay(Service::Entra, attempt, made, waited, jitter(&ports.random)) {
            Some(delay) => ports.clock.sleep(delay).await,
            None => return Err(given_up(attempt, url)),
        }
    }
    Err(unreachable(url))
}

fn call<'a, W: World>(url: &'a str, form: &'a Form, ports: &Ports<W>) -> Call<'a> {
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    if let Ok(id) = HeaderValue::try_from(guid(&ports.random)) {
        headers.insert("client-request-id", id);
        headers.insert("return-client-request-id", HeaderValue::from_static("true"));
    }
    Call { method: Method::POST, address: url, headers, form: form.as_str(), timeout: TIMEOUT }
}

/// Tells a refusal, which is final, from a failure.
fn judged(reply: &Reply) -> Result<Attempt, TokenError> {
    let status = reply.status.as_u16();
    let asked = reply.retry_after();
    if status >= 500 || status == 429 || status == 408 {
        return Ok(Attempt::Status(status, asked));
    }
    match reply.json().ok().as_ref().and_then(Refusal::of) {
        Some(refusal) if refusal.is_transient() => Ok(Attempt::Status(503, asked)),
        Some(refusal) => Err(TokenError::Refused(Box::new(refusal))),
        None => Err(TokenError::AnswerUnusable),
    }
}

fn given_up(attempt: Attempt, url: &str) -> TokenError {
    match attempt {
        Attempt::Status(429, asked) => {
            TokenError::Throttled { retry_after: asked.unwrap_or(PATIENCE) }
        }
        Attempt::Status(_, Some(retry_after)) => TokenError::Throttled { retry_after },
        Attempt::Status(status, None) => TokenError::ServiceFailed { status },
        Attempt::Broken => unreachable(url),
    }
}

fn unreachable(url: &str) -> TokenError {
    let host = url.parse::<Uri>().ok().and_then(|uri| uri.host().map(str::to_owned));
    TokenError::Unreachable { host: host.unwrap_or_default() }
}
