//! Calls an API that Entra protects, for a caller that has no credential of its own, as the connector "HTTP with Microsoft
//! Entra ID" does (contracts, Power Platform §7, 8).
//!
//! What decides is pure:
//!
//! - [`upstreams`] holds the model (upstreams with their allow-lists, header rules and limits; presets) and reads it.
//! - `target` judges a caller's path and query, `link` an address that an upstream answers: nothing leads off the allow-list.
//! - `page` reads one page of a list and says where the next one is; `challenge` reads what an upstream wants of a token.
//! - `body` decodes, counts and keeps requests' bodies.
//!
//! The function around it is [`EntraHttp`]: `faces` answers requests, `acting` has tokens for them.

mod acting;
mod body;
mod challenge;
pub mod configuration;
mod entra_http;
mod faces;
mod link;
#[cfg(not(target_family = "wasm"))]
pub mod native;
pub mod openapi;
mod page;
pub mod ports;
mod preference;
mod reply;
mod same_origin;
#[cfg(target_family = "wasm")]
pub mod spin;
pub mod target;
pub mod upstreams;
pub mod variables;

pub use configuration::{Configuration, ConfigurationError};
pub use entra_http::EntraHttp;
pub use ports::{Ports, World};
