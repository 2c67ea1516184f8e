//! Decides whether a caller's token may pass, as API Management's `validate-jwt` and `validate-azure-ad-token` do.
//!
//! A request comes in through one of the [`faces`]: a proxy's forward-auth question, RFC 7662 introspection, an API
//! Gateway authorizer event, or as a middleware in front of another component. Whatever the face, the request becomes
//! [`Facts`](facts::Facts), the [`Gate`](gate::Gate) judges them by a [`policy`] or a product, and the
//! [`Verdict`](verdict::Verdict) goes back in the face's own words.
//!
//! What decides is pure: [`decision`] judges claims, [`conditions`] everything else, [`keys`] when to fetch, and
//! [`rejection`] holds every way to say no. What a token says counts only after [`token`] has read it and [`crypto`]
//! has verified it.

pub mod access;
pub mod conditions;
pub mod configuration;
pub mod crypto;
pub mod decision;
mod discovery;
mod elements;
mod faces;
pub mod facts;
pub mod gate;
pub mod identity;
pub mod jwks;
pub mod keys;
#[cfg(not(target_family = "wasm"))]
pub mod native;
pub mod openapi;
pub mod policy;
#[cfg(not(target_family = "wasm"))]
mod policy_check;
pub mod ports;
pub mod rejection;
pub mod secure_url;
#[cfg(target_family = "wasm")]
pub mod spin;
pub mod subscription;
#[cfg(not(target_family = "wasm"))]
mod subscription_key;
pub mod token;
mod token_source;
mod token_statement;
mod token_validation;
pub mod variables;
pub mod verdict;
pub mod verified;
mod x509;

pub use configuration::{Configuration, ConfigurationError};
pub use ports::{Ports, World};
pub use token_validation::TokenValidation;
