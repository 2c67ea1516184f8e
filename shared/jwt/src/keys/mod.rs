//! The keys that issuers publish: when they are fetched, how they are shared, and which token they may serve.

mod issuer;
mod key_source;
mod record;
mod refresh;

pub use issuer::Issuer;
pub use key_source::{KeySource, KeysUnavailable, PublishedKeys};
