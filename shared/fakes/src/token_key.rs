use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use headgate_core::{Random, Timestamp};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Map, json};
use sha2::Sha256;

/// A key that signs tokens with HS256 (RFC 7515), and the policy that believes it alone.
#[derive(Clone)]
pub struct TokenKey([u8; 64]);

impl TokenKey {
    /// Draws a key.
    #[must_use]
    pub fn new(random: &impl Random) -> Self {
        let mut key = [0; 64];
        random.fill(&mut key);
        Self(key)
    }

    /// A policy document, as the variable `access` takes it, that lets the bearers of this key's tokens pass.
    #[must_use]
    pub fn policy(&self) -> String {
        let key = STANDARD.encode(self.0);
        format!(
            "[default.validate-jwt]\nheader-name = \"Authorization\"\nrequire-scheme = \"Bearer\"\n\
             audiences = [\"headgate\"]\nissuer-signing-keys = [{{ value = \"{key}\" }}]\n"
        )
    }

    /// The header `Authorization` with a token for the policy's audience, which expires at this time.
    #[must_use]
    pub fn authorization(&self, expires: Timestamp) -> String {
        self.authorization_with(expires, &[])
    }

    /// The same with more claims.
    #[must_use]
    pub fn authorization_with(&self, expires: Timestamp, more: &[(&str, &str)]) -> String {
        let header = json!({ "alg": "HS256", "typ": "JWT" });
        let more = more.iter().map(|&(name, value)| (name.to_owned(), json!(value)));
        let mut claims: Map<_, _> = more.collect();
        claims.insert("aud".to_owned(), json!("headgate"));
        claims.insert("exp".to_owned(), json!(expires.as_secs()));
        let encoded = [header, claims.into()].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
        let signed = encoded.join(".");
        let mut hmac = Hmac::<Sha256>::new(&self.0.into());
        hmac.update(signed.as_bytes());
        let signature = URL_SAFE_NO_PAD.encode(hmac.finalize().into_bytes());
        format!("Bearer {signed}.{signature}")
    }
}
