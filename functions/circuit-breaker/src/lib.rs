//! Notices that a backend has failed and stops calling it for a while, as API Management's circuit breaker does
//! (contracts §2), for any number of instances at once.
//!
//! What decides is pure: nothing in these serves, stores or reads a clock.
//!
//! - [`backends`] holds the model (backends, their rules, pools) and reads it from TOML or from the ARM JSON that API
//!   Management exports.
//! - [`judging`] decides whether a backend may be called, and what an outcome does to the state that all instances share.
//! - [`pool`] chooses a pool's member for a request.
//! - `proxy` turns the caller's request into the backend's, and the backend's response into the caller's.
//!
//! A state changes in one place, [`judging::judge`], and says what happened as a [`Change`](judging::Change): one
//! `Opened` and one `Closed` for each trip, whichever instance stores the new state.
//!
//! The function around it is [`CircuitBreaker`]. Each backend has a record in the key-value store,
//! [`Recorded`](headgate_events::Recorded)`<`[`BackendState`](judging::BackendState)`>`: the state, and the events that
//! its changes have caused, written by one compare-and-swap, so neither is ever there without the other. `breaker` keeps
//! what is known of a record for a moment and changes it; `faces` answers requests.

pub mod backends;
mod breaker;
mod circuit_breaker;
pub mod configuration;
mod faces;
mod fingerprint;
pub mod judging;
#[cfg(not(target_family = "wasm"))]
pub mod native;
pub mod openapi;
pub mod pool;
mod proxy;
mod reply;
#[cfg(target_family = "wasm")]
pub mod spin;
pub mod variables;

pub use circuit_breaker::CircuitBreaker;
pub use configuration::{Configuration, ConfigurationError};
pub use headgate_world::{Ports, World};
