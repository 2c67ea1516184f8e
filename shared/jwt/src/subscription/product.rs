use http::HeaderName;

use super::key_hash::KeyHash;
use crate::facts::Facts;

/// What a caller of a product has to bring.
#[derive(Debug)]
pub struct Product {
    /// A key, a token, either or both.
    pub requires: Requires,
    /// The policy that is judged besides the key.
    pub policy: Option<String>,
    /// The name by which a path picks it.
    pub(super) name: String,
    /// The header of the key.
    pub(super) header_name: HeaderName,
    /// The query parameter of the key, looked at only when the header is absent.
    pub(super) query_parameter_name: String,
}

/// What a product demands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Requires {
    /// A subscription key.
    Key,
    /// A token. A key that is sent all the same must be valid.
    Token,
    /// A subscription key or, when none is sent, a token.
    Either,
    /// A subscription key and a token.
    Both,
}

impl Requires {
    /// Whether a request without a key may have to bring a token.
    #[must_use]
    pub const fn may_need_a_token(self) -> bool {
        match self {
            Self::Token | Self::Either | Self::Both => true,
            Self::Key => false,
        }
    }
}

impl Product {
    /// The subscription key that a request brings.
    pub(super) fn key(&self, facts: &Facts<'_>) -> Option<KeyHash> {
        match facts.headers.get(&self.header_name) {
            Some(key) => Some(KeyHash::of(key.as_bytes())),
            None => facts
                .query_parameter(&self.query_parameter_name)
                .map(|key| KeyHash::of(key.as_bytes())),
        }
    }
}
