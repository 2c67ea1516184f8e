use std::fmt;
use std::time::Duration;

use headgate_core::Timestamp;
use serde_json::{Map, Value};

use super::{Part, TokenError, strict_json};

/// A token's claims (RFC 7519 §4). The registered ones have their types; nothing else is said of their truth.
#[derive(Clone, PartialEq)]
pub struct Claims {
    all: Map<String, Value>,
    expires_at: Option<Timestamp>,
    not_before: Option<Timestamp>,
    issued_at: Option<Timestamp>,
}

impl Claims {
    /// Reads a claims set: one JSON object in UTF-8.
    ///
    /// # Errors
    ///
    /// [`TokenError`] about [`Part::Claims`]; [`TokenError::ClaimMalformed`] when `iss`, `sub` or `jti` is not a string,
    /// `aud` neither a string nor an array of strings, or `exp`, `nbf` or `iat` not a date from 1970 on.
    pub fn parse(json: &[u8]) -> Result<Self, TokenError> {
        let all = strict_json::small_object(json).map_err(|fault| Part::Claims.at_fault(fault))?;
        for name in ["iss", "sub", "jti"] {
            if all.get(name).is_some_and(|value| !value.is_string()) {
                return Err(TokenError::ClaimMalformed(name));
            }
        }
        let audience_is_well_formed = match all.get("aud") {
            None | Some(Value::String(_)) => true,
            Some(Value::Array(audiences)) => audiences.iter().all(Value::is_string),
            Some(_) => false,
        };
        if !audience_is_well_formed {
            return Err(TokenError::ClaimMalformed("aud"));
        }
        Ok(Self {
            expires_at: numeric_date(&all, "exp")?,
            not_before: numeric_date(&all, "nbf")?,
            issued_at: numeric_date(&all, "iat")?,
            all,
        })
    }

    /// The issuer: `iss`.
    #[must_use]
    pub fn issuer(&self) -> Option<&str> {
        self.text("iss")
    }

    /// The subject: `sub`.
    #[must_use]
    pub fn subject(&self) -> Option<&str> {
        self.text("sub")
    }

    /// The audiences: `aud`, whether it is one string or an array.
    pub fn audiences(&self) -> impl Iterator<Item = &str> {
        let (one, several) = match self.all.get("aud") {
            Some(Value::Array(audiences)) => (None, audiences.as_slice()),
            one => (one, [].as_slice()),
        };
        one.into_iter().chain(several).filter_map(Value::as_str)
    }

    /// The client that asked for the token: `azp` of Entra v2 and OpenID Connect, else `appid` of Entra v1
    /// (contracts §5.3).
    #[must_use]
    pub fn client(&self) -> Option<&str> {
        self.text("azp").or_else(|| self.text("appid"))
    }

    /// The moment from which on the token is not accepted: `exp`.
    #[must_use]
    pub const fn expires_at(&self) -> Option<Timestamp> {
        self.expires_at
    }

    /// The moment before which the token is not accepted: `nbf`.
    #[must_use]
    pub const fn not_before(&self) -> Option<Timestamp> {
        self.not_before
    }

    /// The moment at which the token was issued: `iat`.
    #[must_use]
    pub const fn issued_at(&self) -> Option<Timestamp> {
        self.issued_at
    }

    /// The claim of this name.
    #[must_use]
    pub fn claim(&self, name: &str) -> Option<&Value> {
        self.all.get(name)
    }

    /// The claim of this name when it is a string.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.all.get(name).and_then(Value::as_str)
    }

    /// Every claim.
    #[must_use]
    pub const fn all(&self) -> &Map<String, Value> {
        &self.all
    }
}

/// Shows how many claims there are, and none of them.
impl fmt::Debug for Claims {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Claims({} …)", self.all.len())
    }
}

/// A `NumericDate` (RFC 7519 §2): seconds since the epoch, also with a fraction, not negative.
fn numeric_date(
    claims: &Map<String, Value>,
    name: &'static str,
) -> Result<Option<Timestamp>, TokenError> {
    let Some(value) = claims.get(name) else {
        return Ok(None);
    };
    let date = match (value.as_u64(), value.as_f64()) {
        (Some(seconds), _) => Some(Timestamp::from_secs(seconds)),
        (None, Some(seconds)) => {
            Duration::try_from_secs_f64(seconds).ok().map(Timestamp::since_epoch)
        }
        (None, None) => None,
    };
    date.map(Some).ok_or(TokenError::ClaimMalformed(name))
}
