//! Tells everybody when the token of a self-hosted gateway is about to expire or has expired, as API Management does
//! (contracts §1), for any number of instances at once.
//!
//! - [`judging`] decides what is to be said about a token, and when: pure.
//! - [`token`] is what the store holds of one; the token itself is not there.
//! - `tokens` changes a record and hands over its events; `faces` answers requests.
//!
//! The function around it is [`GatewayTokens`]. Each token has a record in the key-value store,
//! [`Recorded`](headgate_events::Recorded)`<Option<`[`Token`](token::Token)`>>`: what was said about it, and the events
//! that say so, written by one compare-and-swap, so neither is ever there without the other.

pub mod configuration;
mod event;
mod faces;
mod gateway_tokens;
pub mod judging;
mod keys;
pub mod moment;
pub mod name;
#[cfg(not(target_family = "wasm"))]
pub mod native;
pub mod openapi;
mod reply;
#[cfg(target_family = "wasm")]
pub mod spin;
pub mod token;
mod tokens;
pub mod variables;

pub use configuration::{Configuration, ConfigurationError};
pub use gateway_tokens::GatewayTokens;
pub use headgate_world::{Ports, World};
