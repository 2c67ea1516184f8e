use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, OnceLock};

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rand::{self, SystemRandom};
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING,
    ECDSA_P521_SHA512_FIXED_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair,
    RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_SHA256, RSA_PSS_SHA384,
    RSA_PSS_SHA512, RsaEncoding,
};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rcgen::{Certificate, CertificateParams, DnType};
use serde_json::{Value, json};

use super::{base64url, weak_key};

/// A private key that the tests made.
pub struct Key {
    private: Private,
    pkcs8: Vec<u8>,
    /// Made at its first use.
    certificate: OnceLock<Certificate>,
}

enum Private {
    Rsa(RsaKeyPair),
    /// The curve's name and the key.
    Ecdsa(&'static str, EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
    /// An RSA key of 1024 bits.
    Weak(weak_key::WeakKey),
}

/// The key of this name, made at its first use. The name's beginning says its kind: `rsa`, `p256`, `p384`, `p521`,
/// `ed25519`, or `weak` for RSA with 1024 bits. So `rsa` and `rsa-other` are two RSA keys.
///
/// # Panics
///
/// When the name begins with none of these.
pub fn key(name: &str) -> Arc<Key> {
    static KEYS: LazyLock<Mutex<HashMap<String, Arc<Key>>>> = LazyLock::new(Mutex::default);
    let mut keys = KEYS.lock().unwrap();
    keys.entry(name.to_owned()).or_insert_with(|| Arc::new(Key::generate(name))).clone()
}

/// The shared secret of this name, made at its first use: 64 bytes, of which a policy takes as many as it needs.
pub fn secret(name: &str) -> [u8; 64] {
    static SECRETS: LazyLock<Mutex<HashMap<String, [u8; 64]>>> = LazyLock::new(Mutex::default);
    let mut secrets = SECRETS.lock().unwrap();
    *secrets.entry(name.to_owned()).or_insert_with(|| {
        let mut bytes = [0; 64];
        rand::fill(&mut bytes).unwrap();
        bytes
    })
}

impl Key {
    fn generate(name: &str) -> Self {
        let random = SystemRandom::new();
        let ecdsa = |curve, algorithm: &'static EcdsaSigningAlgorithm| {
            let document = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
            let key = EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref()).unwrap();
            (Private::Ecdsa(curve, key), document.as_ref().to_vec())
        };
        let (private, pkcs8) = match name.split('-').next().unwrap() {
            "rsa" => {
                let key = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
                let pkcs8 = AsDer::<Pkcs8V1Der>::as_der(&key).unwrap().as_ref().to_vec();
                (Private::Rsa(key), pkcs8)
            }
            "p256" => ecdsa("P-256", &ECDSA_P256_SHA256_FIXED_SIGNING),
            "p384" => ecdsa("P-384", &ECDSA_P384_SHA384_FIXED_SIGNING),
            "p521" => ecdsa("P-521", &ECDSA_P521_SHA512_FIXED_SIGNING),
            "ed25519" => {
                let document = Ed25519KeyPair::generate_pkcs8(&random).unwrap();
                let key = Ed25519KeyPair::from_pkcs8(document.as_ref()).unwrap();
                (Private::Ed25519(key), document.as_ref().to_vec())
            }
            "weak" => (Private::Weak(weak_key::WeakKey::generate()), Vec::new()),
            _ => panic!("the name of key {name} says no kind"),
        };
        Self { private, pkcs8, certificate: OnceLock::new() }
    }

    /// Signs `message` with the algorithm of this name.
    ///
    /// # Panics
    ///
    /// When the algorithm is not for this kind of key.
    #[must_use]
    pub fn sign(&self, algorithm: &str, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match &self.private {
            Private::Rsa(key) => {
                let padding: &dyn RsaEncoding = match algorithm {
                    "RS256" => &RSA_PKCS1_SHA256,
                    "RS384" => &RSA_PKCS1_SHA384,
                    "RS512" => &RSA_PKCS1_SHA512,
                    "PS256" => &RSA_PSS_SHA256,
                    "PS384" => &RSA_PSS_SHA384,
                    "PS512" => &RSA_PSS_SHA512,
                    other => panic!("an RSA key does not sign {other}"),
                };
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(padding, &random, message, &mut signature).unwrap();
                signature
            }
            Private::Ecdsa(_, key) => key.sign(&random, message).unwrap().as_ref().to_vec(),
            Private::Ed25519(key) => key.sign(message).as_ref().to_vec(),
            Private::Weak(key) => key.sign_rs256(message),
        }
    }

    /// The public key as a JWK without `kid` (RFC 7517 §4).
    #[must_use]
    pub fn jwk(&self) -> Value {
        match &self.private {
            Private::Rsa(key) => {
                let public = key.public_key();
                let n = base64url(public.modulus().big_endian_without_leading_zero());
                let e = base64url(public.exponent().big_endian_without_leading_zero());
                json!({ "kty": "RSA", "use": "sig", "n": n, "e": e })
            }
            Private::Ecdsa(curve, key) => {
                // An uncompressed point: 4, x, y (SEC 1 §2.3.3).
                let point = &key.public_key().as_ref()[1..];
                let (x, y) = point.split_at(point.len() / 2);
                let (x, y) = (base64url(x), base64url(y));
                json!({ "kty": "EC", "use": "sig", "crv": curve, "x": x, "y": y })
            }
            Private::Ed25519(key) => {
                let x = base64url(key.public_key().as_ref());
                json!({ "kty": "OKP", "use": "sig", "crv": "Ed25519", "x": x })
            }
            Private::Weak(key) => {
                json!({ "kty": "RSA", "use": "sig", "n": base64url(&key.n()), "e": "AQAB" })
            }
        }
    }

    /// The public key of an RSA key as `SubjectPublicKeyInfo` in DER.
    #[must_use]
    pub fn rsa_public_der(&self) -> Vec<u8> {
        let Private::Rsa(key) = &self.private else { panic!("the key is not RSA") };
        AsDer::<PublicKeyX509Der>::as_der(key.public_key()).unwrap().as_ref().to_vec()
    }

    /// The public key of an RSA key in PEM, as one would find it in a file.
    #[must_use]
    pub fn rsa_public_pem(&self) -> String {
        pem("PUBLIC KEY", &self.rsa_public_der())
    }

    /// The private key in PEM, PKCS#8.
    #[must_use]
    pub fn private_pem(&self) -> String {
        pem("PRIVATE KEY", &self.pkcs8)
    }

    /// A self-signed certificate of the key in PEM, valid from 1975 to 4096; always the same.
    #[must_use]
    pub fn certificate_pem(&self) -> String {
        self.certificate().pem()
    }

    /// The same certificate in DER.
    #[must_use]
    pub fn certificate_der(&self) -> &[u8] {
        self.certificate().der()
    }

    fn certificate(&self) -> &Certificate {
        self.certificate.get_or_init(|| {
            let key = rcgen::KeyPair::try_from(self.pkcs8.as_slice()).unwrap();
            let mut params = CertificateParams::default();
            params.distinguished_name.push(DnType::CommonName, "Headgate test");
            params.self_signed(&key).unwrap()
        })
    }
}

fn pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<&str> =
        text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}
