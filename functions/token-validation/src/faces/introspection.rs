use headgate_core::{Body, Problem};
use headgate_jwt::denial_response;
use headgate_jwt::facts::Facts;
use headgate_jwt::rejection::Rejection;
use headgate_jwt::verdict::Verdict;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, Response, StatusCode};
use serde_json::{Map, Value, json};

/// Answers RFC 7662 §2.2. Whatever is wrong with a token, the answer is that it is not active; only when that cannot be
/// known is it an error.
pub(crate) fn introspect(verdict: &Verdict, facts: &Facts<'_>) -> Response<Body> {
    let answer = match verdict {
        Verdict::Allowed(allowed) => match &allowed.token {
            Some(token) => active(token.claims.all()),
            None => json!({ "active": false }),
        },
        Verdict::Denied(denial) => match denial.rejection {
            Rejection::KeysUnavailable { .. } => return denial_response(denial, facts),
            Rejection::PolicyNotFound => {
                return Problem::new(StatusCode::BAD_REQUEST, "there is no such policy for tokens")
                    .into_response();
            }
            _ => json!({ "active": false }),
        },
    };
    let mut response = Response::new(Body::from(serde_json::to_vec(&answer).unwrap_or_default()));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn active(claims: &Map<String, Value>) -> Value {
    let mut answer = claims.clone();
    let rename = |answer: &mut Map<String, Value>, from: &[&str], to: &str| {
        if let Some(value) = from.iter().find_map(|name| claims.get(*name)) {
            answer.entry(to).or_insert_with(|| value.clone());
        }
    };
    rename(&mut answer, &["azp", "appid"], "client_id");
    rename(&mut answer, &["scp"], "scope");
    answer.insert("token_type".to_owned(), "Bearer".into());
    answer.insert("active".to_owned(), true.into());
    Value::Object(answer)
}
