use std::sync::Arc;

use headgate_core::reply::{page, store_unavailable, with_outcome};
use headgate_core::{Body, Clock, Timestamp};
use headgate_events::EventTime;
use http::{Response, StatusCode};
use serde_json::{Value, json};

use crate::World;
use crate::judging::{Policy, Standing, standing};
use crate::keys::{RECORDS, key, of_id};
use crate::name::Name;
use crate::reply::unknown_token;
use crate::token::Token;
use crate::tokens::Tokens;

/// Shows the tokens.
pub(crate) async fn all_tokens<W: World>(tokens: &Arc<Tokens<W>>) -> Response<Body> {
    show(tokens, "tokens", RECORDS).await
}

/// Shows the tokens with an id: one for each gateway and instance that was registered with it.
pub(crate) async fn tokens_of<W: World>(tokens: &Arc<Tokens<W>>, id: &Name) -> Response<Body> {
    show(tokens, "token", &of_id(id)).await
}

async fn show<W: World>(
    tokens: &Arc<Tokens<W>>,
    route: &'static str,
    prefix: &str,
) -> Response<Body> {
    match tokens.read(prefix).await {
        Ok((found, _)) if found.is_empty() && prefix != RECORDS => {
            unknown_token(route, "GET /tokens shows those that there are")
        }
        Ok((found, more)) => {
            let (now, policy) = (tokens.ports.clock.now(), &tokens.configuration.policy);
            let found: Vec<_> = found.iter().map(|token| view(token, now, policy)).collect();
            page(route, &json!({ "tokens": found, "more": more }))
        }
        Err(error) => {
            tokens.warn(&format_args!("the tokens are not read: {error}"));
            store_unavailable(route)
        }
    }
}

/// Forgets the tokens with an id. Events that are not delivered yet will be.
///
/// The emptied record stays: an instance may be about to add an event to it, which deleting it would lose.
pub(crate) async fn delete<W: World>(tokens: &Arc<Tokens<W>>, id: &Name) -> Response<Body> {
    const ROUTE: &str = "delete";
    let found = match tokens.read(&of_id(id)).await {
        Ok((found, _)) => found,
        Err(error) => {
            tokens.warn(&format_args!("the tokens are not read: {error}"));
            return store_unavailable(ROUTE);
        }
    };
    if found.is_empty() {
        return unknown_token(ROUTE, "GET /tokens shows those that there are");
    }
    for token in &found {
        if let Err(error) = tokens.change(&key(token), |_, _| (None, None)).await {
            tokens.warn(&format_args!("a token is not deleted: {error}"));
            return store_unavailable(ROUTE);
        }
    }
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    with_outcome(response, ROUTE, "ok")
}

/// A token as callers see it.
pub(super) fn view(token: &Token, now: Timestamp, policy: &Policy) -> Value {
    let state = match standing(token, now, policy) {
        Standing::Valid => "valid",
        Standing::NearExpiry => "near-expiry",
        Standing::Expired => "expired",
    };
    let near = token.near_said.map(|_| "GatewayTokenNearExpiry");
    let expired = token.expired_said.then_some("GatewayTokenExpired");
    let emitted: Vec<_> = near.into_iter().chain(expired).collect();
    json!({
        "id": token.id.as_str(),
        "gatewayId": token.gateway.as_str(),
        "instanceId": token.instance.as_str(),
        "expiresAt": EventTime::from(token.expiry.timestamp()).as_str(),
        "state": state,
        "emitted": emitted,
    })
}
