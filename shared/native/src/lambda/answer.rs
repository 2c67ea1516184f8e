use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use headgate_core::{Body, BodyError, PlatformEvent, Problem};
use http::header::{CONNECTION, SET_COOKIE, TRANSFER_ENCODING};
use http::{HeaderMap, Response, StatusCode};
use lambda_runtime::Diagnostic;
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use super::event::Dialect;

/// The most that Lambda takes as a response: 6 MB (AWS, "Lambda quotas"), written as JSON.
const LONGEST: usize = 6 * 1024 * 1024;

/// An HTTP response in a service's words.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct HttpAnswer {
    status_code: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    status_description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    headers: Option<BTreeMap<String, String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    multi_value_headers: Option<BTreeMap<String, Vec<String>>>,
    /// In payload 2.0 alone, and there always: cargo-lambda's function URL does not read an answer without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    cookies: Option<Vec<String>>,
    body: String,
    is_base64_encoded: bool,
}

/// Writes a response in the words of `dialect`. The body is sent as text when it is UTF-8, and in base64 otherwise.
///
/// A body that is too long for Lambda, or that breaks off, becomes a response of 500 that says so.
pub(crate) async fn http_answer(
    dialect: Dialect,
    response: Response<Body>,
) -> Result<Box<RawValue>, Diagnostic> {
    let written = match written(dialect, response).await {
        Ok(written) if written.get().len() <= LONGEST => return Ok(written),
        Ok(_) | Err(BodyError::TooLong { .. }) => "response is longer than Lambda takes",
        Err(BodyError::BrokenOff(_)) => "response broke off",
    };
    let problem = Problem::new(StatusCode::INTERNAL_SERVER_ERROR, written).into_response();
    self::written(dialect, problem)
        .await
        .map_err(|error| failure("ResponseFailed", error.to_string()))
}

async fn written(dialect: Dialect, response: Response<Body>) -> Result<Box<RawValue>, BodyError> {
    let (parts, body) = response.into_parts();
    let body = body.read(LONGEST).await?;
    let (body, is_base64_encoded) = match String::from_utf8(body.into()) {
        Ok(text) => (text, false),
        Err(error) => (STANDARD.encode(error.as_bytes()), true),
    };
    let mut answer = HttpAnswer {
        status_code: parts.status.as_u16(),
        status_description: None,
        headers: None,
        multi_value_headers: None,
        cookies: None,
        body,
        is_base64_encoded,
    };
    let mut headers = parts.headers;
    headers.remove(CONNECTION);
    headers.remove(TRANSFER_ENCODING);
    match dialect {
        Dialect::GatewayV1 => answer.multi_value_headers = Some(lists(&headers)),
        Dialect::GatewayV2 => {
            answer.cookies = Some(headers.get_all(SET_COOKIE).iter().map(text).collect());
            headers.remove(SET_COOKIE);
            answer.headers = Some(joined(&headers));
        }
        Dialect::LoadBalancer { multi_value } => {
            let reason = parts.status.canonical_reason().unwrap_or("Unknown");
            answer.status_description = Some(format!("{} {reason}", parts.status.as_u16()));
            if multi_value {
                answer.multi_value_headers = Some(lists(&headers));
            } else {
                answer.headers = Some(joined(&headers));
            }
        }
    }
    to_raw_value(&answer).map_err(|error| BodyError::BrokenOff(error.into()))
}

/// Gives an event's result: the response's body as JSON, or `null` when it is empty. A body that is not JSON becomes a
/// string.
///
/// # Errors
///
/// A status of 400 and above fails the invocation, so that the platform may send the event again. An authorizer's 401
/// fails it as `Unauthorized`, which API Gateway answers with 401 (AWS, "Output from an API Gateway Lambda authorizer").
pub(crate) async fn event_answer(
    event: PlatformEvent,
    response: Response<Body>,
) -> Result<Box<RawValue>, Diagnostic> {
    let status = response.status();
    if event == PlatformEvent::Authorizer && status == StatusCode::UNAUTHORIZED {
        return Err(failure("Unauthorized", "Unauthorized".to_owned()));
    }
    if status.is_client_error() || status.is_server_error() {
        return Err(failure("EventRefused", format!("the function answered {status}")));
    }
    let failed = |error: &dyn std::fmt::Display| failure("ResponseFailed", error.to_string());
    let body = response.into_body().read(LONGEST).await.map_err(|error| failed(&error))?;
    let text = match String::from_utf8(body.into()) {
        Ok(text) if text.is_empty() => "null".to_owned(),
        Ok(text) => text,
        Err(_) => return Err(failed(&"the function's result is not text")),
    };
    match RawValue::from_string(text.clone()) {
        Ok(json) => Ok(json),
        Err(_) => to_raw_value(&text).map_err(|error| failed(&error)),
    }
}

/// A failure of the invocation, as Lambda's log and the sender of the event see it.
pub(crate) fn failure(kind: &str, message: String) -> Diagnostic {
    Diagnostic { error_type: kind.to_owned(), error_message: message }
}

fn lists(headers: &HeaderMap) -> BTreeMap<String, Vec<String>> {
    headers
        .keys()
        .map(|name| (name.to_string(), headers.get_all(name).iter().map(text).collect()))
        .collect()
}

/// Several values of one name in one, as RFC 9110 §5.3 allows. Cookies cannot be joined: where they cannot be listed
/// either, the last one is sent.
fn joined(headers: &HeaderMap) -> BTreeMap<String, String> {
    headers
        .keys()
        .map(|name| {
            let values: Vec<String> = headers.get_all(name).iter().map(text).collect();
            let value = if name == SET_COOKIE {
                values.into_iter().next_back().unwrap_or_default()
            } else {
                values.join(", ")
            };
            (name.to_string(), value)
        })
        .collect()
}

fn text(value: &http::HeaderValue) -> String {
    String::from_utf8_lossy(value.as_bytes()).into_owned()
}
