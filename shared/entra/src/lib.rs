//! Who a function is when it calls out: tokens of Microsoft Entra ID (contracts §5, 6).
//!
//! A function reads a document of [`Credentials`], makes [`Identities`] of it and of its ports, and asks for an
//! [`AccessToken`] by a credential's name and a [`Scope`]. Tokens are remembered, renewed before they expire by one
//! request for all who wait, and, where the function has [`SealingKeys`], shared with its other instances through the
//! key-value store, sealed. What goes wrong is a [`TokenError`] that says what to fix and shows no secret.
//!
//! The crate does no I/O of its own and compiles for native targets and for WASM.
//!
//! Limits: buffers that a transport holds while it sends or receives are not this crate's to zero. Sign-in of a person is
//! by authorization code alone; there is no device code and no broker. Service Fabric and Cloud Shell are recognised and
//! refused. AWS STS is asked for assertions by native binaries alone, with the role's credentials of Lambda, Elastic Container
//! Service or EKS Pod Identity; those of an EC2 instance's own metadata service are not looked for.

mod access_token;
mod actor;
mod address;
mod answer;
mod application;
#[cfg(not(target_family = "wasm"))]
mod aws;
mod backoff;
mod cache;
mod call;
mod certificate;
mod chain;
mod client_assertion;
mod client_secret;
mod cloud;
mod code_grant;
mod connection;
mod credential;
mod credentials;
mod environment;
mod error;
mod federated;
mod form;
mod identities;
mod identity_variables;
mod managed_identity;
mod on_behalf_of;
mod password;
mod pem;
mod ports;
mod proof;
mod reader;
mod refusal;
mod scope;
mod sealing;
mod sign_in;
mod signer;
mod sink_tokens;
mod token_endpoint;

pub use access_token::AccessToken;
pub use cloud::Cloud;
pub use connection::judge_connection;
pub use credential::{ActsFor, CredentialKind};
pub use credentials::Credentials;
pub use environment::{Environment, FixedEnvironment, ProcessEnvironment};
pub use error::TokenError;
pub use identities::Identities;
pub use identity_variables::{
    CREDENTIALS, IdentityVariables, IdentityVariablesError, TOKEN_CACHE_KEY,
};
pub use ports::{Ports, World};
pub use refusal::Refusal;
pub use scope::{Scope, ScopeError};
pub use sealing::{SealingKeyError, SealingKeys};
pub use sign_in::{SignIn, SignedIn};
