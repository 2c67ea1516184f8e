use std::fmt;

use serde_json::{Map, Value};

use super::algorithm::Algorithm;
use super::{Part, TokenError, base64url, strict_json};

/// A signed token's header (RFC 7515 §4).
#[derive(Clone, PartialEq, Eq)]
pub struct Header {
    /// `alg`: what the token claims. Only a key decides whether it is allowed.
    pub algorithm: Algorithm,
    /// `kid`: the key's id.
    pub kid: Option<String>,
    /// `x5t`: base64url of the SHA-1 of the key's certificate.
    pub x5t: Option<String>,
    /// `x5t#S256`: base64url of the SHA-256 of the key's certificate.
    pub x5t_s256: Option<String>,
    /// `typ`, as `JWT` or `at+jwt`.
    pub typ: Option<String>,
}

impl Header {
    pub(super) fn parse(encoded: &str) -> Result<Self, TokenError> {
        let members = Members::parse(encoded)?;
        Ok(Self {
            algorithm: match members.algorithm()? {
                name if name.eq_ignore_ascii_case("none") => return Err(TokenError::AlgorithmNone),
                name => Algorithm::from_name(name).ok_or(TokenError::AlgorithmUnknown)?,
            },
            kid: members.text("kid")?,
            x5t: members.text("x5t")?,
            x5t_s256: members.text("x5t#S256")?,
            typ: members.text("typ")?,
        })
    }
}

/// Shows the algorithm alone: the rest is the caller's text.
impl fmt::Debug for Header {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Header").field("algorithm", &self.algorithm).finish_non_exhaustive()
    }
}

/// A header's members, of a JWS or a JWE, that bring no key and ask for nothing that is not understood.
///
/// `x5c` is ignored, as any unknown member: a chain that comes with the token proves nothing by itself.
pub(super) struct Members(Map<String, Value>);

impl Members {
    pub(super) fn parse(encoded: &str) -> Result<Self, TokenError> {
        let json = Part::Header.decode(encoded)?;
        let members =
            strict_json::small_object(&json).map_err(|fault| Part::Header.at_fault(fault))?;
        for (name, error) in [
            ("jwk", TokenError::EmbeddedKey),
            ("jku", TokenError::KeySetAddress),
            ("x5u", TokenError::CertificateAddress),
            ("zip", TokenError::Compressed),
        ] {
            if members.contains_key(name) {
                return Err(error);
            }
        }
        if members.get("b64").is_some_and(|value| *value != Value::Bool(true)) {
            return Err(TokenError::UnencodedPayload);
        }
        if members.contains_key("crit") {
            return Err(TokenError::CriticalExtension);
        }
        Ok(Self(members))
    }

    pub(super) fn algorithm(&self) -> Result<&str, TokenError> {
        match self.0.get("alg") {
            Some(Value::String(name)) => Ok(name),
            Some(_) => Err(TokenError::HeaderMalformed("alg")),
            None => Err(TokenError::AlgorithmMissing),
        }
    }

    pub(super) fn text(&self, name: &'static str) -> Result<Option<String>, TokenError> {
        match self.0.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(TokenError::HeaderMalformed(name)),
        }
    }
}

impl Part {
    /// Decodes a part that must not be empty.
    pub(super) fn decode(self, encoded: &str) -> Result<Vec<u8>, TokenError> {
        if encoded.is_empty() {
            return Err(TokenError::Empty(self));
        }
        base64url::decode(encoded).ok_or(TokenError::NotBase64Url(self))
    }

    pub(super) const fn at_fault(self, fault: strict_json::Fault) -> TokenError {
        use strict_json::Fault;
        match fault {
            Fault::NotText => TokenError::NotText(self),
            Fault::NotJson => TokenError::NotJson(self),
            Fault::NotObject => TokenError::NotObject(self),
            Fault::DuplicateMember => TokenError::DuplicateMember(self),
            Fault::TooDeep => TokenError::TooDeep(self),
            Fault::TooManyValues => TokenError::TooManyValues(self),
        }
    }
}
