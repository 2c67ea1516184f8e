use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::Response;
use serde_json::{Map, Value, json};

use super::Face;
use crate::case::{Case, Expected};
use crate::forge::Placeholders;

pub(super) fn judge_plain(
    face: Face,
    expected: &Expected,
    placeholders: &Placeholders,
    answer: &Response<Bytes>,
) -> Result<(), String> {
    same("status", expected.status, answer.status().as_u16())?;
    same("reason", expected.reason.as_deref(), header(answer, "x-headgate-reason"))?;
    // The middleware tells the component behind it who the caller is, and not the caller.
    let is_answered_by_another = face == Face::Middleware && expected.reason.is_none();
    if !is_answered_by_another {
        for (name, value) in &expected.headers {
            let value = value.as_deref().map(|value| placeholders.fill(value));
            same(name, value.as_deref(), header(answer, name))?;
        }
    }
    if expected.reason.is_none() {
        return Ok(());
    }
    same("content-type", Some("application/json"), header(answer, "content-type"))?;
    let body = json(answer)?;
    same("statusCode", &json!(expected.status), &body["statusCode"])?;
    let message = body["message"].as_str().ok_or("the body has no message")?;
    if let Some(expected) = &expected.message {
        same("message", expected.as_str(), message)?;
    }
    let challenge = header(answer, "www-authenticate");
    same("whether WWW-Authenticate is there", expected.status == 401, challenge.is_some())
}

pub(super) fn judge_introspection(
    expected: &Expected,
    placeholders: &Placeholders,
    answer: &Response<Bytes>,
) -> Result<(), String> {
    match expected.reason.as_deref() {
        Some("KeysUnavailable") => same("status", 503, answer.status().as_u16()),
        Some("OperationNotFound") => same("status", 400, answer.status().as_u16()),
        reason => {
            same("status", 200, answer.status().as_u16())?;
            let body = json(answer)?;
            if reason.is_some() {
                return same("body", &json!({ "active": false }), &body);
            }
            same("active", &json!(true), &body["active"])?;
            for (name, value) in &expected.introspection {
                let value: Value = serde_json::from_str(&placeholders.fill(&value.to_string()))
                    .map_err(|error| error.to_string())?;
                same(name, &value, &body[name])?;
            }
            Ok(())
        }
    }
}

pub(super) fn judge_authorizer(
    face: Face,
    expected: &Expected,
    answer: &Response<Bytes>,
) -> Result<(), String> {
    let is_simple = face == Face::HttpApiAuthorizer;
    let Some(reason) = expected.reason.as_deref() else {
        same("status", 200, answer.status().as_u16())?;
        return judge_event_answer(is_simple, true, &json(answer)?);
    };
    let status = match (reason, expected.status, is_simple) {
        ("KeysUnavailable", ..) => 503,
        (_, 401, false) => 401,
        _ => 200,
    };
    same("status", status, answer.status().as_u16())?;
    if status == 200 {
        let body = json(answer)?;
        judge_event_answer(is_simple, false, &body)?;
        return same("reason", &json!(reason), &body["context"]["reason"]);
    }
    // On Lambda an error is all that API Gateway learns.
    match header(answer, "x-headgate-reason") {
        Some(given) => same("reason", reason, given),
        None => Ok(()),
    }
}

fn judge_event_answer(is_simple: bool, passes: bool, body: &Value) -> Result<(), String> {
    if is_simple {
        return same("isAuthorized", &json!(passes), &body["isAuthorized"]);
    }
    let statement = &body["policyDocument"]["Statement"][0];
    same("Effect", &json!(if passes { "Allow" } else { "Deny" }), &statement["Effect"])?;
    let is_named = body["principalId"].as_str().is_some_and(|principal| !principal.is_empty());
    same("whether the principal is named", true, is_named)
}

/// Nothing that a refused caller gets may show the token or what it claims (introspection shows an accepted one's claims
/// to whom the operator lets ask).
pub(super) fn judge_discretion(
    case: &Case,
    placeholders: &Placeholders,
    answer: &Response<Bytes>,
) -> Result<(), String> {
    if case.passes() {
        return Ok(());
    }
    let told = format!("{:?} {}", answer.headers(), text(answer));
    let Some(token) = placeholders.token.as_deref() else { return Ok(()) };
    for part in token.split('.').filter(|part| part.len() > 20) {
        if told.contains(part) {
            return Err("the answer shows a part of the token".to_owned());
        }
    }
    let claims = token.split('.').nth(1).and_then(|part| URL_SAFE_NO_PAD.decode(part).ok());
    let claims = claims.and_then(|json| serde_json::from_slice::<Map<String, Value>>(&json).ok());
    for (name, value) in claims.into_iter().flatten() {
        match value.as_str().filter(|value| value.len() > 3) {
            Some(value) if told.contains(value) => {
                return Err(format!("the answer shows the value of the claim {name}"));
            }
            _ => {}
        }
    }
    Ok(())
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, expected: T, given: T) -> Result<(), String> {
    if expected == given {
        return Ok(());
    }
    Err(format!("{what}: expected {expected:?}, and it is {given:?}"))
}

fn header<'a>(answer: &'a Response<Bytes>, name: &str) -> Option<&'a str> {
    answer.headers().get(name).map(|value| value.to_str().expect("ASCII"))
}

fn json(answer: &Response<Bytes>) -> Result<Value, String> {
    serde_json::from_slice(answer.body()).map_err(|error| format!("the body is not JSON: {error}"))
}

pub(super) fn text(answer: &Response<Bytes>) -> String {
    String::from_utf8_lossy(answer.body()).into_owned()
}
