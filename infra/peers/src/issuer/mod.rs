//! A local identity issuer: OpenID discovery, keys with rotation, and client credentials, shaped like Microsoft Entra
//! ID's (contracts §5.1, 5.3, 5.4, 5.5).
//!
//! It is **for development only**: anyone who reaches it gets a token for the asking, so it listens on loopback and
//! nowhere else. Nobody signs in here: client credentials is the only grant.
//!
//! [`Issuer::start`] serves it and gives a [`Running`], through which a test counts what was fetched, rotates the keys,
//! breaks an endpoint and signs tokens that no honest issuer would.

mod algorithm;
mod authority;
mod certificate;
mod claims;
mod config;
mod defaults;
mod endpoint;
mod fault;
pub(crate) mod form;
mod grant;
mod guid;
mod handler;
mod jwt;
mod key_ring;
mod key_set;
mod listen;
mod metadata;
mod registry;
mod requester;
mod route;
mod running;
mod server;
mod signing_key;
mod state_dir;
mod system;
pub(crate) mod token_error;
mod token_version;

pub use algorithm::{Algorithm, AlgorithmUnknown};
pub use claims::TokenSpec;
pub use config::{IssuerConfig, StartError};
pub use defaults::{
    DEFAULT_API_CLIENT_ID, DEFAULT_AUDIENCE, DEFAULT_CLIENT_ID, DEFAULT_LISTEN, DEFAULT_STATE_DIR,
    DEFAULT_TENANT, DEFAULT_TENANT_DOMAIN,
};
pub use endpoint::Endpoint;
pub use fault::Fault;
pub use guid::{Guid, GuidMalformed};
pub use jwt::{KeyChoice, SignError};
pub use listen::{ListenError, loopback_address};
pub use registry::{Client, Resource, ResourceMalformed, Tenant};
pub use requester::{RequestError, TokenRequest, request_token};
pub use running::{Issuer, Rotation, Running};
pub use signing_key::KeyError;
pub use state_dir::{StateDir, StateError};
pub use system::{StandardOutput, SystemClock, SystemRandom};
pub use token_version::{TokenVersion, TokenVersionUnknown};
