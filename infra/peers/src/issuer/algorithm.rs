use std::fmt;
use std::str::FromStr;

/// A signature algorithm of RFC 7518 §3.1 or RFC 8037 §3.1 that the issuer can sign with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are the registered ones")]
pub enum Algorithm {
    #[default]
    RS256,
    RS384,
    RS512,
    PS256,
    PS384,
    PS512,
    ES256,
    ES384,
    ES512,
    EdDSA,
    HS256,
    HS384,
    HS512,
}

/// The kind of key that an algorithm signs with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum KeyKind {
    Rsa,
    P256,
    P384,
    P521,
    Ed25519,
    Symmetric,
}

/// A name that is no [`Algorithm`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "algorithm is none of RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA"
)]
pub struct AlgorithmUnknown;

impl Algorithm {
    const ALL: [Self; 13] = [
        Self::RS256,
        Self::RS384,
        Self::RS512,
        Self::PS256,
        Self::PS384,
        Self::PS512,
        Self::ES256,
        Self::ES384,
        Self::ES512,
        Self::EdDSA,
        Self::HS256,
        Self::HS384,
        Self::HS512,
    ];

    /// The registered name, as a token's `alg` has it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RS256 => "RS256",
            Self::RS384 => "RS384",
            Self::RS512 => "RS512",
            Self::PS256 => "PS256",
            Self::PS384 => "PS384",
            Self::PS512 => "PS512",
            Self::ES256 => "ES256",
            Self::ES384 => "ES384",
            Self::ES512 => "ES512",
            Self::EdDSA => "EdDSA",
            Self::HS256 => "HS256",
            Self::HS384 => "HS384",
            Self::HS512 => "HS512",
        }
    }

    pub(super) const fn key_kind(self) -> KeyKind {
        match self {
            Self::RS256 | Self::RS384 | Self::RS512 | Self::PS256 | Self::PS384 | Self::PS512 => {
                KeyKind::Rsa
            }
            Self::ES256 => KeyKind::P256,
            Self::ES384 => KeyKind::P384,
            Self::ES512 => KeyKind::P521,
            Self::EdDSA => KeyKind::Ed25519,
            Self::HS256 | Self::HS384 | Self::HS512 => KeyKind::Symmetric,
        }
    }
}

impl KeyKind {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Rsa => "rsa",
            Self::P256 => "p256",
            Self::P384 => "p384",
            Self::P521 => "p521",
            Self::Ed25519 => "ed25519",
            Self::Symmetric => "symmetric",
        }
    }

    /// The kind of this name, among those that have a public half.
    pub(super) fn named(name: &str) -> Option<Self> {
        [Self::Rsa, Self::P256, Self::P384, Self::P521, Self::Ed25519]
            .into_iter()
            .find(|kind| kind.as_str() == name)
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// Takes the asymmetric ones: a secret that signs is never the issuer's.
impl FromStr for Algorithm {
    type Err = AlgorithmUnknown;

    fn from_str(name: &str) -> Result<Self, AlgorithmUnknown> {
        Self::ALL
            .into_iter()
            .filter(|algorithm| algorithm.key_kind() != KeyKind::Symmetric)
            .find(|algorithm| algorithm.as_str() == name)
            .ok_or(AlgorithmUnknown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_algorithm_is_read_by_its_exact_name() {
        assert_eq!("ES512".parse(), Ok(Algorithm::ES512));
        assert_eq!("es512".parse::<Algorithm>(), Err(AlgorithmUnknown));
    }

    #[test]
    fn a_symmetric_algorithm_cannot_be_asked_for() {
        assert_eq!("HS256".parse::<Algorithm>(), Err(AlgorithmUnknown));
        assert_eq!("none".parse::<Algorithm>(), Err(AlgorithmUnknown));
    }
}
