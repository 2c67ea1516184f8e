use headgate_core::Random;
use headgate_events::apim::{
    Envelope, GatewayToken, gateway_token_expired, gateway_token_near_expiry,
};
use headgate_events::{Event, EventErrorKind, event_id};

use crate::judging::Change;
use crate::token::Token;

/// Makes the event that says a change (contracts §1.3), with an id of its own.
///
/// # Errors
///
/// [`EventErrorKind`] when a name cannot stand in an event; no registered name cannot.
pub(crate) fn event(
    change: Change,
    token: &Token,
    source: &str,
    random: &impl Random,
) -> Result<Event, EventErrorKind> {
    let envelope = |time| Envelope { id: event_id(random), source, time };
    let token = GatewayToken {
        gateway: token.gateway.as_str(),
        instance: token.instance.as_str(),
        expiry: token.expiry.timestamp(),
    };
    match change {
        Change::NearExpiry { at } => gateway_token_near_expiry(envelope(at), &token),
        Change::Expired { at } => gateway_token_expired(envelope(at), &token),
    }
}
