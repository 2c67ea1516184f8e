use std::sync::Arc;

use headgate_core::reply::{invalid, page, read_body, store_unavailable};
use headgate_core::{Body, Clock};
use headgate_events::EventTime;
use http::{Response, StatusCode};
use serde_json::Value;

use super::members::{json, name, only};
use super::tokens::view;
use crate::World;
use crate::keys::key;
use crate::name::Name;
use crate::token::Token;
use crate::tokens::Tokens;

/// The longest body of a registration.
const BODY_LIMIT: usize = 16 * 1024;

/// Registers a token, or another expiry for it, about which nothing was said yet. What is to be said at once is.
pub(crate) async fn register<W: World>(
    tokens: &Arc<Tokens<W>>,
    id: Name,
    body: Body,
) -> Response<Body> {
    const ROUTE: &str = "register";
    let body = match read_body(body, BODY_LIMIT, ROUTE).await {
        Ok(body) => body,
        Err(response) => return response,
    };
    let token = match token(id, &body) {
        Ok(token) => token,
        Err(detail) => return invalid(ROUTE, detail),
    };
    let judge = |known: Option<Token>, now| {
        let known = known.filter(|known| known.is_same_as(&token));
        tokens.judge(Some(known.unwrap_or_else(|| token.clone())), now)
    };
    match tokens.change(&key(&token), judge).await {
        Ok(changed) => {
            let policy = &tokens.configuration.policy;
            let stored = changed.after.as_ref().unwrap_or(&token);
            let mut response = page(ROUTE, &view(stored, tokens.ports.clock.now(), policy));
            if changed.before.is_none() {
                *response.status_mut() = StatusCode::CREATED;
            }
            response
        }
        Err(error) => {
            tokens.warn(&format_args!("a token is not registered: {error}"));
            store_unavailable(ROUTE)
        }
    }
}

fn token(id: Name, body: &[u8]) -> Result<Token, String> {
    let Value::Object(members) = json(body)? else {
        return Err("the body must be a JSON object".to_owned());
    };
    // Its shape is not published, so an expiry that was read from it would be a guess.
    if members.contains_key("token") {
        return Err("token is not read, and was not kept: send when it expires as expiresAt".into());
    }
    only(&members, &["gatewayId", "instanceId", "expiresAt"])?;
    let gateway = name(&members, "gatewayId")?;
    let instance = name(&members, "instanceId")?;
    let expiry = match members.get("expiresAt") {
        None => return Err("expiresAt is missing".to_owned()),
        Some(value) => value.as_str().and_then(EventTime::parse).and_then(|time| time.timestamp()),
    };
    let expiry =
        expiry.ok_or("expiresAt must be an RFC 3339 time, as 2025-02-25T08:56:00Z".to_owned())?;
    Ok(Token::new(id, gateway, instance, expiry))
}
