use std::fmt;

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING,
    ECDSA_P521_SHA512_FIXED_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair,
    RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_SHA256, RSA_PSS_SHA384,
    RSA_PSS_SHA512, RsaEncoding,
};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use headgate_core::Timestamp;
use serde_json::{Map, Value, json};
use zeroize::Zeroizing;

use super::algorithm::{Algorithm, KeyKind};
use super::{Guid, certificate};

/// A private key with the certificate that it is published with.
///
/// It signs by aws-lc-rs itself: jsonwebtoken has no ES512, and reads an RSA key anew for each signature.
pub(super) struct SigningKey {
    private: Private,
    pkcs8: Zeroizing<Vec<u8>>,
    certificate: Vec<u8>,
    /// The only tenant whose tokens it may sign; `None`: any tenant's.
    tenant: Option<Guid>,
    kid: String,
}

enum Private {
    Rsa(RsaKeyPair),
    Ecdsa(KeyKind, EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

/// Why there is no key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The generator failed.
    #[error("key cannot be generated")]
    NotGenerated,
    /// A kept key does not load.
    #[error("key is not a private key of its kind: delete the state directory to start afresh")]
    NotLoaded,
    /// The key's certificate could not be made.
    #[error("certificate cannot be made")]
    NotCertified,
    /// A symmetric key is never the issuer's.
    #[error("a symmetric key cannot be published")]
    Symmetric,
}

impl SigningKey {
    /// Makes a key of `kind`, which takes a moment of CPU time for RSA (2048 bits).
    pub(super) fn generate(
        kind: KeyKind,
        tenant: Option<Guid>,
        now: Timestamp,
    ) -> Result<Self, KeyError> {
        let pkcs8 = generate(kind)?;
        let certificate =
            certificate::self_signed(&pkcs8, now).map_err(|_| KeyError::NotCertified)?;
        Self::load(kind, pkcs8, certificate, tenant)
    }

    /// Takes up a key that [`SigningKey::generate`] made.
    pub(super) fn load(
        kind: KeyKind,
        pkcs8: Zeroizing<Vec<u8>>,
        certificate: Vec<u8>,
        tenant: Option<Guid>,
    ) -> Result<Self, KeyError> {
        let private = match kind {
            KeyKind::Rsa => RsaKeyPair::from_pkcs8(&pkcs8).map(Private::Rsa),
            KeyKind::Ed25519 => Ed25519KeyPair::from_pkcs8(&pkcs8).map(Private::Ed25519),
            KeyKind::P256 | KeyKind::P384 | KeyKind::P521 => {
                EcdsaKeyPair::from_pkcs8(ecdsa(kind)?, &pkcs8).map(|key| Private::Ecdsa(kind, key))
            }
            KeyKind::Symmetric => return Err(KeyError::Symmetric),
        };
        let private = private.map_err(|_| KeyError::NotLoaded)?;
        let kid = URL_SAFE_NO_PAD.encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, &certificate));
        Ok(Self { private, pkcs8, certificate, tenant, kid })
    }

    /// The key's id: its certificate's SHA-1 thumbprint, so that `kid` and `x5t` agree as Entra's do.
    pub(super) fn kid(&self) -> &str {
        &self.kid
    }

    pub(super) const fn tenant(&self) -> Option<Guid> {
        self.tenant
    }

    pub(super) const fn kind(&self) -> KeyKind {
        match &self.private {
            Private::Rsa(_) => KeyKind::Rsa,
            Private::Ecdsa(kind, _) => *kind,
            Private::Ed25519(_) => KeyKind::Ed25519,
        }
    }

    pub(super) fn pkcs8(&self) -> &[u8] {
        &self.pkcs8
    }

    pub(super) fn certificate(&self) -> &[u8] {
        &self.certificate
    }

    /// Signs `message`; `None` when the algorithm is not for this kind of key.
    pub(super) fn sign(&self, algorithm: Algorithm, message: &[u8]) -> Option<Vec<u8>> {
        if algorithm.key_kind() != self.kind() {
            return None;
        }
        match &self.private {
            Private::Rsa(key) => {
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(rsa(algorithm)?, &SystemRandom::new(), message, &mut signature).ok()?;
                Some(signature)
            }
            Private::Ecdsa(_, key) => {
                key.sign(&SystemRandom::new(), message).ok().map(|made| made.as_ref().to_vec())
            }
            Private::Ed25519(key) => key.try_sign(message).ok().map(|made| made.as_ref().to_vec()),
        }
    }

    /// The public half with `kid`, `x5t` and `x5c` and, as in Entra's, without `alg` (contracts §5.1, RFC 7517 §4).
    pub(super) fn jwk(&self) -> Map<String, Value> {
        let mut jwk = Map::new();
        let mut put = |name: &str, value: Value| jwk.insert(name.to_owned(), value);
        put("kty", json!(self.key_type()));
        put("use", json!("sig"));
        put("kid", json!(self.kid));
        put("x5t", json!(self.kid));
        for (name, value) in self.public_members() {
            put(name, json!(value));
        }
        put("x5c", json!([STANDARD.encode(&self.certificate)]));
        jwk
    }

    const fn key_type(&self) -> &'static str {
        match &self.private {
            Private::Rsa(_) => "RSA",
            Private::Ecdsa(..) => "EC",
            Private::Ed25519(_) => "OKP",
        }
    }

    fn public_members(&self) -> Vec<(&'static str, String)> {
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        match &self.private {
            Private::Rsa(key) => {
                let public = key.public_key();
                vec![
                    ("n", encode(public.modulus().big_endian_without_leading_zero())),
                    ("e", encode(public.exponent().big_endian_without_leading_zero())),
                ]
            }
            Private::Ecdsa(kind, key) => {
                // The uncompressed point: 04, x, y (SEC 1 §2.3.3).
                let point = key.public_key().as_ref().get(1..).unwrap_or_default();
                let (x, y) = point.split_at(point.len() / 2);
                vec![("crv", curve(*kind).to_owned()), ("x", encode(x)), ("y", encode(y))]
            }
            Private::Ed25519(key) => {
                vec![("crv", "Ed25519".to_owned()), ("x", encode(key.public_key().as_ref()))]
            }
        }
    }
}

/// Shows the key's id and kind, and nothing that is secret.
impl fmt::Debug for SigningKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("SigningKey")
            .field("kid", &self.kid)
            .field("kind", &self.kind())
            .finish_non_exhaustive()
    }
}

fn generate(kind: KeyKind) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let random = SystemRandom::new();
    let pkcs8 = match kind {
        KeyKind::Rsa => RsaKeyPair::generate(KeySize::Rsa2048)
            .and_then(|key| key.as_der())
            .map(|der| der.as_ref().to_vec()),
        KeyKind::Ed25519 => {
            Ed25519KeyPair::generate_pkcs8(&random).map(|document| document.as_ref().to_vec())
        }
        KeyKind::P256 | KeyKind::P384 | KeyKind::P521 => {
            EcdsaKeyPair::generate_pkcs8(ecdsa(kind)?, &random)
                .map(|document| document.as_ref().to_vec())
        }
        KeyKind::Symmetric => return Err(KeyError::Symmetric),
    };
    pkcs8.map(Zeroizing::new).map_err(|_| KeyError::NotGenerated)
}

fn ecdsa(kind: KeyKind) -> Result<&'static EcdsaSigningAlgorithm, KeyError> {
    match kind {
        KeyKind::P256 => Ok(&ECDSA_P256_SHA256_FIXED_SIGNING),
        KeyKind::P384 => Ok(&ECDSA_P384_SHA384_FIXED_SIGNING),
        KeyKind::P521 => Ok(&ECDSA_P521_SHA512_FIXED_SIGNING),
        KeyKind::Rsa | KeyKind::Ed25519 | KeyKind::Symmetric => Err(KeyError::NotLoaded),
    }
}

const fn curve(kind: KeyKind) -> &'static str {
    match kind {
        KeyKind::P384 => "P-384",
        KeyKind::P521 => "P-521",
        KeyKind::P256 | KeyKind::Rsa | KeyKind::Ed25519 | KeyKind::Symmetric => "P-256",
    }
}

fn rsa(algorithm: Algorithm) -> Option<&'static dyn RsaEncoding> {
    match algorithm {
        Algorithm::RS256 => Some(&RSA_PKCS1_SHA256),
        Algorithm::RS384 => Some(&RSA_PKCS1_SHA384),
        Algorithm::RS512 => Some(&RSA_PKCS1_SHA512),
        Algorithm::PS256 => Some(&RSA_PSS_SHA256),
        Algorithm::PS384 => Some(&RSA_PSS_SHA384),
        Algorithm::PS512 => Some(&RSA_PSS_SHA512),
        Algorithm::ES256
        | Algorithm::ES384
        | Algorithm::ES512
        | Algorithm::EdDSA
        | Algorithm::HS256
        | Algorithm::HS384
        | Algorithm::HS512 => None,
    }
}
