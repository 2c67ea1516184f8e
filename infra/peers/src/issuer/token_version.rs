use std::fmt;
use std::str::FromStr;

/// The version of an access token, which the resource's registration decides and not the endpoint (contracts §5.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TokenVersion {
    /// `ver` is `1.0`.
    V1,
    /// `ver` is `2.0`.
    V2,
}

/// A text that is no [`TokenVersion`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("token version is neither 1 nor 2")]
pub struct TokenVersionUnknown;

impl TokenVersion {
    /// The value of the claim `ver`.
    #[must_use]
    pub const fn claim(self) -> &'static str {
        match self {
            Self::V1 => "1.0",
            Self::V2 => "2.0",
        }
    }

    /// The issuer of a tenant's tokens. For v1 it ends in a slash and for v2 it does not, as Entra's do.
    pub(super) fn issuer(self, base_url: &str, tenant: &dyn fmt::Display) -> String {
        match self {
            Self::V1 => format!("{base_url}/{tenant}/"),
            Self::V2 => format!("{base_url}/{tenant}/v2.0"),
        }
    }
}

impl FromStr for TokenVersion {
    type Err = TokenVersionUnknown;

    fn from_str(text: &str) -> Result<Self, TokenVersionUnknown> {
        match text {
            "1" => Ok(Self::V1),
            "2" => Ok(Self::V2),
            _ => Err(TokenVersionUnknown),
        }
    }
}
