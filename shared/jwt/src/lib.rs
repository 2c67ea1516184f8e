//! Judges requests by a policy, as API Management's `validate-jwt`, `validate-azure-ad-token` and their neighbours do
//! (contracts §4), for every function that lets some callers pass and others not.
//!
//! A function that guards its own routes holds an [`Access`], which is the whole of the variable `access`. A function
//! whose job is judging makes [`Facts`](facts::Facts) of a request, however that came, and asks a [`Gate`](gate::Gate),
//! which judges them by a [`policy`] or a product and gives a [`Verdict`](verdict::Verdict).
//!
//! What decides is pure: [`decision`] judges claims, [`conditions`] everything else, [`keys`] when to fetch, and
//! [`rejection`] holds every way to say no. What a token says counts only after [`token`] has read it and [`crypto`]
//! has verified it. What judging reaches of the world is in [`Ports`].

pub mod access;
pub mod conditions;
pub mod crypto;
pub mod decision;
mod denial;
mod discovery;
mod elements;
pub mod facts;
pub mod forwarding;
pub mod gate;
pub mod identity;
pub mod jwks;
pub mod keys;
pub mod policy;
pub mod ports;
pub mod rejection;
pub mod secure_url;
pub mod subscription;
pub mod token;
mod token_source;
mod token_statement;
pub mod verdict;
pub mod verified;
mod x509;

pub use access::{Access, AccessError};
pub use denial::denial_response;
pub use forwarding::Forwarding;
pub use ports::Ports;
