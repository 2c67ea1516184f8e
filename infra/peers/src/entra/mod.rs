//! Entra's endpoints as a client and a relying party see them (contracts §5.4–5.6): tokens by every grant, at v1 and v2, the
//! consent page, and the documents that Microsoft's own libraries ask for first.
//!
//! Everything that the real service checks of a request is checked: secrets and their end, the signature, thumbprint, audience
//! and times of an assertion, redirect URIs, proof keys, codes that are good once. Tokens are signed by an
//! [`issuer`](crate::issuer) of its own, whose metadata verify them.

mod assertion;
mod client;
mod config;
mod consent;
mod development;
mod documents;
mod grants;
mod outside;
mod refused;
mod scopes;
mod service;
mod state;
mod user;

pub use config::{Api, ClientSecret, EntraConfig, FederatedCredential, Registration, User, Wants};
pub use development::{DEVELOPMENT_PUBLIC_CLIENT_ID, DEVELOPMENT_USER, Development};
pub use outside::OutsideIssuer;
pub use service::{Entra, EntraRunning};
