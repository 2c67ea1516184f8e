use std::collections::BTreeSet;
use std::sync::Arc;

use headgate_core::Body;
use headgate_core::reply::{invalid, page, read_body, store_unavailable};
use http::Response;
use serde_json::{Value, json};

use super::members::{self, name, only};
use crate::World;
use crate::judging::after_attempt;
use crate::keys::{of_id, of_instance};
use crate::name::Name;
use crate::reply::unknown_token;
use crate::token::Token;
use crate::tokens::{Tokens, beginning_with};

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

impl Attempt {
    /// How the keys begin of the tokens that it may have been made with.
    fn prefix(&self) -> String {
        match &self.instance {
            Some(instance) => of_instance(&self.id, instance),
            None => of_id(&self.id),
        }
    }
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
    let prefixes: Vec<_> = attempts.iter().map(Attempt::prefix).collect();
    let keys = match tokens.keys(&prefixes).await {
        Ok(keys) => keys,
        Err(error) => {
            tokens.warn(&format_args!("the tokens are not read: {error}"));
            return store_unavailable(ROUTE);
        }
    };
    for (index, (attempt, prefix)) in attempts.iter().zip(&prefixes).enumerate() {
        if beginning_with(&keys, prefix).next().is_none() {
            let with = if attempt.instance.is_some() { " and instanceId" } else { "" };
            let detail = format!("attempt {index}: no token has this id{with}");
            return unknown_token(ROUTE, detail);
        }
    }
    let policy = &tokens.configuration.policy;
    let mut said = BTreeSet::new();
    for key in &keys {
        let judge = |token: Option<Token>, now| match token {
            None => (None, None),
            Some(token) => {
                let (token, change) = after_attempt(token, now, policy);
                (Some(token), change)
            }
        };
        match tokens.change(key, judge).await {
            Ok(changed) => {
                said.extend(changed.after.filter(|token| token.expired_said).map(|_| key));
            }
            Err(error) => {
                tokens.warn(&format_args!("an attempt is not recorded: {error}"));
                return store_unavailable(ROUTE);
            }
        }
    }
    let of_each = prefixes.iter().flat_map(|prefix| beginning_with(&keys, prefix));
    let expired = of_each.filter(|key| said.contains(key)).count();
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
