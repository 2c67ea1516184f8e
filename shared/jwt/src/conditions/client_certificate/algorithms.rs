use rustls_pki_types::SignatureVerificationAlgorithm;
#[cfg(not(target_family = "wasm"))]
use webpki::aws_lc_rs as backend;

#[cfg(target_family = "wasm")]
use crate::crypto::certificate_signatures as backend;

/// The signatures that a certificate or a revocation list may have: RSA of 2048 to 8192 bits and ECDSA on the NIST
/// curves with SHA-2, and Ed25519. SHA-1 and MD5 are not among them.
///
/// The same on every host: P-521 with SHA-256 is left out, as the pure-Rust backend takes no digest that is shorter
/// than half of the curve's field.
pub(super) static ACCEPTED: &[&dyn SignatureVerificationAlgorithm] = &[
    backend::RSA_PKCS1_2048_8192_SHA256,
    backend::RSA_PKCS1_2048_8192_SHA384,
    backend::RSA_PKCS1_2048_8192_SHA512,
    backend::RSA_PSS_2048_8192_SHA256_LEGACY_KEY,
    backend::RSA_PSS_2048_8192_SHA384_LEGACY_KEY,
    backend::RSA_PSS_2048_8192_SHA512_LEGACY_KEY,
    backend::ECDSA_P256_SHA256,
    backend::ECDSA_P256_SHA384,
    backend::ECDSA_P256_SHA512,
    backend::ECDSA_P384_SHA256,
    backend::ECDSA_P384_SHA384,
    backend::ECDSA_P384_SHA512,
    backend::ECDSA_P521_SHA384,
    backend::ECDSA_P521_SHA512,
    backend::ED25519,
];
