//! Decides whether a caller's token may pass, as API Management's `validate-jwt` and `validate-azure-ad-token` do.
//!
//! A request comes in through one of the faces: a proxy's forward-auth question, RFC 7662 introspection, an API
//! Gateway authorizer event, or as a middleware in front of another component. Whatever the face, the request becomes
//! [`Facts`](headgate_jwt::facts::Facts), the [`Gate`](headgate_jwt::gate::Gate) judges them by a
//! [`policy`](headgate_jwt::policy) or a product, and the [`Verdict`](headgate_jwt::verdict::Verdict) goes back in the
//! face's own words. Nothing is judged here: what decides is in [`headgate_jwt`].

pub mod attempts;
pub mod configuration;
mod faces;
#[cfg(not(target_family = "wasm"))]
pub mod native;
pub mod openapi;
#[cfg(not(target_family = "wasm"))]
mod policy_check;
pub mod ports;
#[cfg(target_family = "wasm")]
pub mod spin;
#[cfg(not(target_family = "wasm"))]
mod subscription_key;
mod token_validation;
pub mod variables;

pub use configuration::{Configuration, ConfigurationError};
pub use ports::{Ports, World};
pub use token_validation::TokenValidation;
