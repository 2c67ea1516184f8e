use std::sync::Arc;

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::Algorithm;
use super::key_ring::KeyRing;
use super::signing_key::SigningKey;

/// What signs a token that a test makes.
///
/// The algorithm is what truly signs; the token's header may say something else.
#[derive(Clone, Debug)]
pub enum KeyChoice {
    /// The key that the issuer signs with at present.
    Current(Algorithm),
    /// A published key, by its id.
    Published {
        /// The key's id.
        kid: String,
        /// An algorithm that suits the key.
        algorithm: Algorithm,
    },
    /// A key that is published nowhere.
    Foreign(Algorithm),
    /// HMAC with these bytes: a shared secret, or a public key that is passed off as one.
    Secret {
        /// `HS256`, `HS384` or `HS512`.
        algorithm: Algorithm,
        /// The key.
        secret: Vec<u8>,
    },
    /// Nothing: the third part is empty.
    Unsigned,
}

/// Why a token was not signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignError {
    /// The issuer has no key for the algorithm.
    #[error("issuer has no key for {0}: configure the algorithm")]
    NoKey(Algorithm),
    /// No key of this id is published.
    #[error("key id is not published")]
    KeyUnknown,
    /// The algorithm is not for that kind of key.
    #[error("{0} does not suit the key")]
    KeyUnsuited(Algorithm),
}

/// Gives the JWS compact serialisation (RFC 7515 §7.1) of exactly these bytes, well-formed or not.
pub(super) fn compact(
    header: &[u8],
    payload: &[u8],
    sign: impl FnOnce(&[u8]) -> Result<Vec<u8>, SignError>,
) -> Result<String, SignError> {
    let mut token = URL_SAFE_NO_PAD.encode(header);
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(payload, &mut token);
    let signature = sign(token.as_bytes())?;
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(signature, &mut token);
    Ok(token)
}

/// Signs `message` as `choice` says; `foreign` is the key that is published nowhere.
pub(super) fn sign(
    ring: &KeyRing,
    choice: &KeyChoice,
    foreign: impl FnOnce(Algorithm) -> Result<Arc<SigningKey>, SignError>,
    message: &[u8],
) -> Result<Vec<u8>, SignError> {
    let with = |key: &SigningKey, algorithm| {
        key.sign(algorithm, message).ok_or(SignError::KeyUnsuited(algorithm))
    };
    match choice {
        KeyChoice::Current(algorithm) => {
            let key = ring.current(algorithm.key_kind()).ok_or(SignError::NoKey(*algorithm))?;
            with(key, *algorithm)
        }
        KeyChoice::Published { kid, algorithm } => {
            with(ring.find(kid).ok_or(SignError::KeyUnknown)?, *algorithm)
        }
        KeyChoice::Foreign(algorithm) => with(foreign(*algorithm)?.as_ref(), *algorithm),
        KeyChoice::Secret { algorithm, secret } => {
            let hash = match algorithm {
                Algorithm::HS256 => hmac::HMAC_SHA256,
                Algorithm::HS384 => hmac::HMAC_SHA384,
                Algorithm::HS512 => hmac::HMAC_SHA512,
                other => return Err(SignError::KeyUnsuited(*other)),
            };
            Ok(hmac::sign(&hmac::Key::new(hash, secret), message).as_ref().to_vec())
        }
        KeyChoice::Unsigned => Ok(Vec::new()),
    }
}
