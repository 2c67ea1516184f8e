use std::sync::Arc;

use headgate_core::Body;
use headgate_core::reply::{invalid, page, read_body, store_unavailable};
use http::Response;
use serde_json::{Value, json};

use super::members::{self, name, only};
use crate::judging::after_attempt;
use crate::keys::{key, of_id, of_instance};
use crate::name::Name;
use crate::ports::World;
use crate::reply::unknown_token;
use crate::token::Token;
use crate::tokens::Tokens;

/// The longest body of a batch.
const BODY_LIMIT: usize = 512 * 1024;

/// The most attempts in a batch.
const MOST: usize = 256;

/// A failed authentication with a token.
struct Attempt {
    id: Name,
    /// `None`: whoever has tried does not know for which instance the token is.
    instance: Option<Name>,
}

/// Takes failed attempts to authenticate: one or an array, all or none. Those with tokens that have expired cause an event,
/// once for each token, so that the same may be sent again.
pub(crate) async fn attempts<W: World>(tokens: &Arc<Tokens<W>>, body: Body) -> Response<Body> {
    const ROUTE: &str = "attempts";
    let body = match read_body(body, BODY_LIMIT, ROUTE).await {
        Ok(body) => body,
        Err(response) => return response,
    };
    let attempts = match parse(&body) {
        Ok(attempts) => attempts,
        Err(detail) => return invalid(ROUTE, detail),
    };
    let mut found = Vec::new();
    for (index, attempt) in attempts.iter().enumerate() {
        let prefix = match &attempt.instance {
            Some(instance) => of_instance(&attempt.id, instance),
            None => of_id(&attempt.id),
        };
        match tokens.read(&prefix).await {
            Ok((none, _)) if none.is_empty() => {
                let with = if attempt.instance.is_some() { " and instanceId" } else { "" };
                let detail = format!("attempt {index}: no token has this id{with}");
                return unknown_token(ROUTE, detail);
            }
            Ok((some, _)) => found.extend(some),
            Err(error) => {
                tokens.warn(&format_args!("the tokens are not read: {error}"));
                return store_unavailable(ROUTE);
            }
        }
    }
    let policy = &tokens.configuration.policy;
    let mut expired = 0;
    for token in &found {
        let judge = |token: Option<Token>, now| match token {
            None => (None, None),
            Some(token) => {
                let (token, change) = after_attempt(token, now, policy);
                (Some(token), change)
            }
        };
        match tokens.change(&key(token), judge).await {
            Ok(changed) => {
                expired += usize::from(changed.after.is_some_and(|token| token.expired_said));
            }
            Err(error) => {
                tokens.warn(&format_args!("an attempt is not recorded: {error}"));
                return store_unavailable(ROUTE);
            }
        }
    }
    page(ROUTE, &json!({ "attempts": attempts.len(), "expired": expired }))
}

fn parse(body: &[u8]) -> Result<Vec<Attempt>, String> {
    match members::json(body)? {
        Value::Array(items) if items.is_empty() || items.len() > MOST => {
            Err(format!("an array must hold 1 to {MOST} attempts"))
        }
        Value::Array(items) => items.iter().enumerate().map(attempt).collect(),
        item => Ok(vec![attempt((0, &item))?]),
    }
}

fn attempt((index, item): (usize, &Value)) -> Result<Attempt, String> {
    let at = |detail: String| format!("attempt {index}: {detail}");
    let Value::Object(members) = item else {
        return Err(at("an attempt must be a JSON object".to_owned()));
    };
    only(members, &["id", "instanceId"]).map_err(at)?;
    Ok(Attempt {
        id: name(members, "id").map_err(at)?,
        instance: members
            .contains_key("instanceId")
            .then(|| name(members, "instanceId"))
            .transpose()
            .map_err(at)?,
    })
}
