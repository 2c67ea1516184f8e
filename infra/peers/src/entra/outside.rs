use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use headgate_core::Timestamp;
use serde_json::{Value, json};

use super::FederatedCredential;
use crate::issuer::KeyError;

/// Another identity provider, as Kubernetes or GitHub have: its tokens are assertions for a federated credential.
pub struct OutsideIssuer {
    issuer: String,
    key: KeyPair,
}

impl OutsideIssuer {
    /// Makes one with a key of its own.
    ///
    /// # Errors
    ///
    /// [`KeyError::NotGenerated`].
    pub fn new(issuer: &str) -> Result<Self, KeyError> {
        let key = KeyPair::generate(KeySize::Rsa2048).map_err(|_| KeyError::NotGenerated)?;
        // A key that does not encode would not sign either.
        AsDer::<Pkcs8V1Der<'_>>::as_der(&key).map_err(|_| KeyError::NotGenerated)?;
        Ok(Self { issuer: issuer.to_owned(), key })
    }

    /// Its keys.
    #[must_use]
    pub fn keys(&self) -> Vec<Value> {
        let public = self.key.public_key();
        let number = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        vec![json!({
            "kty": "RSA",
            "use": "sig",
            "kid": "outside",
            "n": number(public.modulus().big_endian_without_leading_zero()),
            "e": number(public.exponent().big_endian_without_leading_zero()),
        })]
    }

    /// The trust of an application in one of its subjects.
    #[must_use]
    pub fn trusted_for(&self, subject: &str, audience: &str) -> FederatedCredential {
        FederatedCredential {
            issuer: self.issuer.clone(),
            subject: subject.to_owned(),
            audience: audience.to_owned(),
            keys: self.keys(),
        }
    }

    /// Signs an assertion that is good for ten minutes; empty when the key does not sign.
    #[must_use]
    pub fn assertion(&self, subject: &str, audience: &str, now: Timestamp) -> String {
        let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let header = json!({ "alg": "RS256", "typ": "JWT", "kid": "outside" });
        let claims = json!({
            "iss": self.issuer,
            "sub": subject,
            "aud": audience,
            "iat": now.as_secs(),
            "nbf": now.as_secs(),
            "exp": now.as_secs() + 600,
        });
        let signed = format!("{}.{}", encode(&header), encode(&claims));
        let mut signature = vec![0; self.key.public_modulus_len()];
        let made = self.key.sign(
            &RSA_PKCS1_SHA256,
            &SystemRandom::new(),
            signed.as_bytes(),
            &mut signature,
        );
        made.map_or_else(
            |_| String::new(),
            |()| format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)),
        )
    }
}

impl std::fmt::Debug for OutsideIssuer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("OutsideIssuer")
            .field("issuer", &self.issuer)
            .finish_non_exhaustive()
    }
}
