//! The signature algorithms of certificates, as webpki asks for them, on the backend for WASM. Native builds compile
//! them for their tests alone, which compare them with aws-lc-rs.

use rustls_pki_types::{
    AlgorithmIdentifier, InvalidSignature, SignatureVerificationAlgorithm, alg_id,
};

use super::Curve;
use super::backend::{Backend, Hash};
use super::der_numbers::two_numbers;
use super::portable::Portable;
use super::verifying_key::KeyOn;
use crate::token::Algorithm;

#[derive(Debug)]
struct CertificateSignature {
    public_key: AlgorithmIdentifier,
    signature: AlgorithmIdentifier,
    scheme: Scheme,
}

/// Certificates sign with RSA and Ed25519 as tokens do. ECDSA is freer: any hash on any curve.
#[derive(Debug)]
enum Scheme {
    Rsa(Algorithm),
    Ecdsa(Curve, Hash),
    Ed25519,
}

impl SignatureVerificationAlgorithm for CertificateSignature {
    fn verify_signature(
        &self,
        public_key: &[u8],
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), InvalidSignature> {
        let verified = match self.scheme {
            Scheme::Rsa(algorithm) => {
                rsa_key(public_key).map(|key| key.verify(algorithm, message, signature))
            }
            Scheme::Ecdsa(curve, hash) => ecdsa(curve, hash, public_key, message, signature),
            Scheme::Ed25519 => ed25519(public_key, message, signature),
        };
        if verified == Some(true) { Ok(()) } else { Err(InvalidSignature) }
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        self.public_key
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        self.signature
    }
}

macro_rules! algorithms {
    ($($name:ident: $public_key:ident, $signature:ident, $scheme:expr;)*) => {$(
        pub(crate) static $name: &dyn SignatureVerificationAlgorithm = &CertificateSignature {
            public_key: alg_id::$public_key,
            signature: alg_id::$signature,
            scheme: $scheme,
        };
    )*};
}

use Scheme::{Ecdsa, Rsa};

algorithms! {
    RSA_PKCS1_2048_8192_SHA256: RSA_ENCRYPTION, RSA_PKCS1_SHA256, Rsa(Algorithm::Rs256);
    RSA_PKCS1_2048_8192_SHA384: RSA_ENCRYPTION, RSA_PKCS1_SHA384, Rsa(Algorithm::Rs384);
    RSA_PKCS1_2048_8192_SHA512: RSA_ENCRYPTION, RSA_PKCS1_SHA512, Rsa(Algorithm::Rs512);
    RSA_PSS_2048_8192_SHA256_LEGACY_KEY: RSA_ENCRYPTION, RSA_PSS_SHA256, Rsa(Algorithm::Ps256);
    RSA_PSS_2048_8192_SHA384_LEGACY_KEY: RSA_ENCRYPTION, RSA_PSS_SHA384, Rsa(Algorithm::Ps384);
    RSA_PSS_2048_8192_SHA512_LEGACY_KEY: RSA_ENCRYPTION, RSA_PSS_SHA512, Rsa(Algorithm::Ps512);
    ECDSA_P256_SHA256: ECDSA_P256, ECDSA_SHA256, Ecdsa(Curve::P256, Hash::Sha256);
    ECDSA_P256_SHA384: ECDSA_P256, ECDSA_SHA384, Ecdsa(Curve::P256, Hash::Sha384);
    ECDSA_P256_SHA512: ECDSA_P256, ECDSA_SHA512, Ecdsa(Curve::P256, Hash::Sha512);
    ECDSA_P384_SHA256: ECDSA_P384, ECDSA_SHA256, Ecdsa(Curve::P384, Hash::Sha256);
    ECDSA_P384_SHA384: ECDSA_P384, ECDSA_SHA384, Ecdsa(Curve::P384, Hash::Sha384);
    ECDSA_P384_SHA512: ECDSA_P384, ECDSA_SHA512, Ecdsa(Curve::P384, Hash::Sha512);
    ECDSA_P521_SHA384: ECDSA_P521, ECDSA_SHA384, Ecdsa(Curve::P521, Hash::Sha384);
    ECDSA_P521_SHA512: ECDSA_P521, ECDSA_SHA512, Ecdsa(Curve::P521, Hash::Sha512);
    ED25519: ED25519, ED25519, Scheme::Ed25519;
}

/// An RSA key of 2048 to 8192 bits (RFC 8017 §A.1.1).
pub(super) fn rsa_key(der: &[u8]) -> Option<KeyOn<Portable>> {
    let (n, e) = two_numbers(der).ok()?;
    KeyOn::rsa(n, e).ok()
}

/// The key is a point in SEC 1 form, compressed or not (RFC 5480 §2.2 allows no other); the signature is DER
/// (RFC 3279 §2.2.3).
fn ecdsa(curve: Curve, hash: Hash, key: &[u8], message: &[u8], signature: &[u8]) -> Option<bool> {
    if !matches!(key.first(), Some(2..=4)) {
        return None;
    }
    let key = Portable::ec(curve, key)?;
    let length = curve.coordinate_length();
    let full = |number: &[u8]| {
        let zeros = vec![0; length.checked_sub(number.len())?];
        Some([&zeros, number].concat())
    };
    let (r, s) = two_numbers(signature).ok()?;
    Some(key.verify(hash, message, &[full(r)?, full(s)?].concat()))
}

/// Keys and signatures of small order are refused, as a signature under them shows nothing.
fn ed25519(key: &[u8], message: &[u8], signature: &[u8]) -> Option<bool> {
    let key = ed25519_dalek::VerifyingKey::from_bytes(key.try_into().ok()?).ok()?;
    let signature = ed25519_dalek::Signature::from_slice(signature).ok()?;
    Some(key.verify_strict(message, &signature).is_ok())
}
