//! Strict reading of compact JWS (RFC 7515) and JWE (RFC 7516) tokens.
//!
//! Nothing here trusts a token: a [`SignedToken`]'s claims mean something only after its signature has verified. What
//! two readers could understand differently is refused: duplicate members, non-canonical base64url, extensions that
//! must be understood, and keys that a token brings along.

mod algorithm;
pub(crate) mod base64url;
mod claims;
mod encrypted;
mod error;
mod header;
mod signed;
mod strict_json;

pub use algorithm::{Algorithm, ContentEncryption, KeyManagement};
pub use claims::Claims;
pub use encrypted::{EncryptedHeader, EncryptedToken, Plaintext};
pub use error::{Part, TokenError};
pub use header::Header;
pub use signed::SignedToken;
pub use strict_json::{Fault, object};

/// The longest token that is read, in bytes. A request's headers are far smaller on every host; a query or a policy
/// may carry more.
pub const TOKEN_LIMIT: usize = 64 * 1024;

/// A well-formed token, not yet verified.
#[derive(Debug)]
pub enum Token<'a> {
    /// Three parts: a signed token.
    Signed(SignedToken<'a>),
    /// Five parts: an encrypted token.
    Encrypted(EncryptedToken<'a>),
}

/// Reads a token in the compact serialisation of JWS or JWE.
///
/// The token is at most [`TOKEN_LIMIT`] bytes. Its base64url parts have one spelling each, its JSON objects no
/// duplicate member at any depth, at most 32 levels and 4,096 values.
///
/// # Errors
///
/// A [`TokenError`] that names the part and the rule, and shows nothing of the token.
pub fn parse(token: &str) -> Result<Token<'_>, TokenError> {
    if token.len() > TOKEN_LIMIT {
        return Err(TokenError::TooLong);
    }
    let parts: Vec<&str> = token.splitn(6, '.').collect();
    match *parts.as_slice() {
        [header, claims, signature] => {
            signed::read(token, header, claims, signature).map(Token::Signed)
        }
        [header, encrypted_key, iv, ciphertext, tag] => {
            encrypted::read(header, encrypted_key, iv, ciphertext, tag).map(Token::Encrypted)
        }
        _ => Err(TokenError::PartCount),
    }
}

#[cfg(test)]
mod tests;
