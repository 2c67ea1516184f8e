use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use headgate_core::Secret;

/// By what an Event Grid topic knows a publisher (contracts §3.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credential {
    /// An access key, which is sent.
    Key(Secret),
    /// An access key that stays here: each request has a shared access signature made with it.
    SasKey(SasKey),
    /// A shared access signature that somebody else made; it expires.
    SasToken(Secret),
    /// A token of Microsoft Entra ID.
    Identity(Identity),
}

/// Who calls a sink, by a token of Microsoft Entra ID.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The credential's name in the document of credentials.
    pub credential: String,
    /// What the token is for, as `https://eventgrid.azure.net/.default`.
    pub scope: String,
}

/// An access key's bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct SasKey(Vec<u8>);

impl SasKey {
    /// Takes a key in base64; `None` when it is not one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = STANDARD.decode(text).ok()?;
        (!bytes.is_empty()).then_some(Self(bytes))
    }

    pub(crate) fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for SasKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SasKey(…)")
    }
}

/// What signs a webhook's bodies: a secret of Standard Webhooks.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningSecret(Vec<u8>);

impl SigningSecret {
    /// Takes a secret as `whsec_` and base64 of 24 to 64 bytes; `None` when it is not one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = STANDARD.decode(text.strip_prefix("whsec_")?).ok()?;
        (24..=64).contains(&bytes.len()).then_some(Self(bytes))
    }

    pub(crate) fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for SigningSecret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SigningSecret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signing_secret_has_its_prefix_and_24_to_64_bytes() {
        let of_length = |length| format!("whsec_{}", STANDARD.encode(vec![7; length]));
        assert!(SigningSecret::parse(&of_length(24)).is_some());
        assert!(SigningSecret::parse(&of_length(64)).is_some());
        assert!(SigningSecret::parse(&of_length(23)).is_none());
        assert!(SigningSecret::parse(&of_length(65)).is_none());
        assert!(SigningSecret::parse(&STANDARD.encode([7; 32])).is_none());
        assert!(SigningSecret::parse("whsec_not base64").is_none());
    }

    #[test]
    fn debug_shows_no_key() {
        let key = SasKey::parse("AAEC").unwrap();
        let secret = SigningSecret::parse(&format!("whsec_{}", STANDARD.encode([9; 24]))).unwrap();
        assert_eq!(format!("{key:?} {secret:?}"), "SasKey(…) SigningSecret(…)");
        let credential = Credential::Key(Secret::new("hunter2"));
        assert!(!format!("{credential:?}").contains("hunter2"));
    }
}
