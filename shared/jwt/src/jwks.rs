//! Reading an issuer's published keys: JSON Web Key Sets (RFC 7517).

use serde_json::{Map, Value};

use crate::crypto::{Certificate, Curve, KeyError, VerifyingKey};
use crate::token::{Algorithm, Fault, Header, base64url, object};

/// The keys of an issuer: a JWK Set (RFC 7517 §5).
#[derive(Clone, Debug, Default)]
pub struct JwkSet {
    /// The keys that can verify signatures, in the set's order, which means nothing.
    pub keys: Vec<Jwk>,
    /// Why the others were left out, in the set's order.
    pub unusable: Vec<UnusableKey>,
}

/// One key of a set that can verify signatures.
#[derive(Clone, Debug)]
pub struct Jwk {
    /// `kid`.
    pub kid: Option<String>,
    /// `x5t`, or the thumbprint of the first certificate of `x5c`.
    pub x5t: Option<String>,
    /// `x5t#S256`, or the thumbprint of the first certificate of `x5c`.
    pub x5t_s256: Option<String>,
    /// `issuer`: which issuer's tokens the key may sign; Entra's, and possibly with `{tenantid}` (contracts §5.1).
    pub issuer: Option<String>,
    /// `alg`: when it is there, the key verifies nothing else.
    pub algorithm: Option<Algorithm>,
    /// The key.
    pub key: VerifyingKey,
}

/// Why a document is not a JWK Set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JwksError {
    /// The document is longer than 512 KiB.
    #[error("the key set is longer than {JWKS_LIMIT} bytes")]
    TooLong,
    /// There are more than 500 keys.
    #[error("the key set has more than {KEY_LIMIT} keys")]
    TooManyKeys,
    /// The document is not a JSON object in UTF-8, or too deep, or too long in values.
    #[error("the key set is not a JSON object")]
    NotObject,
    /// An object has two members of one name.
    #[error("the key set has a duplicate member")]
    DuplicateMember,
    /// `keys` is missing or not an array.
    #[error("the key set has no array \"keys\"")]
    KeysMissing,
}

/// Why a key of a set is not used. It does not make the set bad (RFC 7517 §5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnusableKey {
    /// The member of `keys` is not an object.
    #[error("the key is not a JSON object")]
    NotObject,
    /// `use` is not `sig`.
    #[error("the key is not for signatures (\"use\")")]
    NotForSignatures,
    /// `key_ops` does not have `verify`.
    #[error("the key is not for verifying (\"key_ops\")")]
    NotForVerifying,
    /// `kty` is missing or unknown.
    #[error("the key's type (\"kty\") is not supported")]
    TypeUnsupported,
    /// A secret has no place in a public document.
    #[error("a symmetric key in a public key set is not used")]
    Symmetric,
    /// `crv` is missing or unknown.
    #[error("the key's curve (\"crv\") is not supported")]
    CurveUnsupported,
    /// `alg` is unknown or does not fit the key.
    #[error("the key's \"alg\" is not supported or does not fit its type")]
    AlgorithmUnsupported,
    /// A member is missing, has the wrong type or is not canonical base64url.
    #[error("the key's {0:?} is malformed")]
    Malformed(&'static str),
    /// The key itself is refused.
    #[error(transparent)]
    Refused(#[from] KeyError),
}

/// The longest key set that is read, in bytes.
pub const JWKS_LIMIT: usize = 512 * 1024;

/// The most keys that a set may have. Entra's largest has about ten.
pub const KEY_LIMIT: usize = 500;

const VALUE_LIMIT: usize = 50 * KEY_LIMIT;

impl JwkSet {
    /// Reads a JWK Set of at most [`JWKS_LIMIT`] bytes and [`KEY_LIMIT`] keys.
    ///
    /// Keys that cannot verify signatures are left out and listed in [`JwkSet::unusable`].
    ///
    /// # Errors
    ///
    /// A [`JwksError`] when the document as a whole is no key set.
    pub fn parse(json: &[u8]) -> Result<Self, JwksError> {
        if json.len() > JWKS_LIMIT {
            return Err(JwksError::TooLong);
        }
        let document = object(json, VALUE_LIMIT).map_err(|fault| match fault {
            Fault::DuplicateMember => JwksError::DuplicateMember,
            Fault::NotText
            | Fault::NotJson
            | Fault::NotObject
            | Fault::TooDeep
            | Fault::TooManyValues => JwksError::NotObject,
        })?;
        let Some(Value::Array(members)) = document.get("keys") else {
            return Err(JwksError::KeysMissing);
        };
        if members.len() > KEY_LIMIT {
            return Err(JwksError::TooManyKeys);
        }
        let mut set = Self::default();
        for member in members {
            match member.as_object().ok_or(UnusableKey::NotObject).and_then(Jwk::read) {
                Ok(key) => set.keys.push(key),
                Err(reason) => set.unusable.push(reason),
            }
        }
        Ok(set)
    }

    /// The keys that may have signed a token with this header.
    ///
    /// They fit its algorithm, and they are the ones it names: by `kid`, or by a thumbprint when it has no `kid`. A
    /// header that names none may have been signed by any. A key without a `kid` is never named by one.
    pub fn candidates<'s>(&'s self, header: &'s Header) -> impl Iterator<Item = &'s Jwk> {
        self.keys.iter().filter(|key| key.is_named_by(header) && key.allows(header.algorithm))
    }

    /// Whether the header names a key of the set, whatever its algorithm: when not, the set may be out of date.
    #[must_use]
    pub fn knows(&self, header: &Header) -> bool {
        self.keys.iter().any(|key| key.is_named_by(header))
    }
}

impl Jwk {
    /// Whether the key verifies this algorithm, and its `alg` does not say otherwise.
    #[must_use]
    pub fn allows(&self, algorithm: Algorithm) -> bool {
        self.key.fits(algorithm) && self.algorithm.is_none_or(|only| only == algorithm)
    }

    fn is_named_by(&self, header: &Header) -> bool {
        if header.kid.is_some() {
            return self.kid == header.kid;
        }
        if header.x5t_s256.is_some() {
            return self.x5t_s256 == header.x5t_s256;
        }
        header.x5t.is_none() || self.x5t == header.x5t
    }

    fn read(members: &Map<String, Value>) -> Result<Self, UnusableKey> {
        let usage = text(members, "use")?;
        if usage.is_some_and(|usage| usage != "sig") {
            return Err(UnusableKey::NotForSignatures);
        }
        match members.get("key_ops") {
            None => {}
            Some(Value::Array(operations)) if operations.iter().any(|name| name == "verify") => {}
            Some(Value::Array(_)) => return Err(UnusableKey::NotForVerifying),
            Some(_) => return Err(UnusableKey::Malformed("key_ops")),
        }
        let (key, certificate) = match text(members, "kty")? {
            Some("RSA") => rsa(members)?,
            Some("EC") => (ec(members)?, None),
            Some("OKP") => (ed25519(members)?, None),
            Some("oct") => return Err(UnusableKey::Symmetric),
            Some(_) | None => return Err(UnusableKey::TypeUnsupported),
        };
        let algorithm = text(members, "alg")?
            .map(|name| {
                Algorithm::from_name(name)
                    .filter(|algorithm| key.fits(*algorithm))
                    .ok_or(UnusableKey::AlgorithmUnsupported)
            })
            .transpose()?;
        let (x5t, x5t_s256) =
            certificate.map(|certificate| (certificate.x5t, certificate.x5t_s256)).unzip();
        Ok(Self {
            kid: text(members, "kid")?.map(str::to_owned),
            x5t: text(members, "x5t")?.map(str::to_owned).or(x5t),
            x5t_s256: text(members, "x5t#S256")?.map(str::to_owned).or(x5t_s256),
            issuer: text(members, "issuer")?.map(str::to_owned),
            algorithm,
            key,
        })
    }
}

/// An RSA key from `n` and `e`, or from the first certificate of `x5c` when both are absent.
fn rsa(members: &Map<String, Value>) -> Result<(VerifyingKey, Option<Certificate>), UnusableKey> {
    if members.contains_key("n") || members.contains_key("e") {
        let key = VerifyingKey::rsa(&bytes(members, "n")?, &bytes(members, "e")?)?;
        return Ok((key, None));
    }
    let der = members
        .get("x5c")
        .and_then(|chain| chain.get(0))
        .and_then(Value::as_str)
        .and_then(base64url::decode_standard)
        .ok_or(UnusableKey::Malformed("n"))?;
    let certificate = Certificate::from_der(&der)?;
    if !certificate.key.fits(Algorithm::Rs256) {
        return Err(UnusableKey::Malformed("x5c"));
    }
    Ok((certificate.key.clone(), Some(certificate)))
}

fn ec(members: &Map<String, Value>) -> Result<VerifyingKey, UnusableKey> {
    let curve =
        text(members, "crv")?.and_then(Curve::from_name).ok_or(UnusableKey::CurveUnsupported)?;
    Ok(VerifyingKey::ec(curve, &bytes(members, "x")?, &bytes(members, "y")?)?)
}

fn ed25519(members: &Map<String, Value>) -> Result<VerifyingKey, UnusableKey> {
    if text(members, "crv")? != Some("Ed25519") {
        return Err(UnusableKey::CurveUnsupported);
    }
    Ok(VerifyingKey::ed25519(&bytes(members, "x")?)?)
}

fn text<'m>(
    members: &'m Map<String, Value>,
    name: &'static str,
) -> Result<Option<&'m str>, UnusableKey> {
    match members.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(UnusableKey::Malformed(name)),
    }
}

fn bytes(members: &Map<String, Value>, name: &'static str) -> Result<Vec<u8>, UnusableKey> {
    text(members, name)?.and_then(base64url::decode).ok_or(UnusableKey::Malformed(name))
}

#[cfg(test)]
mod tests;
