//! PS256 signatures (RFC 7518 §3.5): aws-lc-rs on native, RustCrypto in WASM, and in tests both.

#[cfg(not(target_family = "wasm"))]
mod native;
#[cfg(any(test, target_family = "wasm"))]
mod portable;

use headgate_core::Random;
use zeroize::Zeroizing;

#[cfg(not(target_family = "wasm"))]
use native as platform;
#[cfg(target_family = "wasm")]
use portable as platform;

/// An RSA private key in DER, of 2048 to 8192 bits.
pub(crate) enum PrivateKey {
    /// PKCS#8: `BEGIN PRIVATE KEY`.
    Pkcs8(Zeroizing<Vec<u8>>),
    /// PKCS#1: `BEGIN RSA PRIVATE KEY`.
    Pkcs1(Zeroizing<Vec<u8>>),
}

impl PrivateKey {
    /// Whether the key can sign.
    pub(crate) fn is_sound(&self) -> bool {
        platform::is_sound(self)
    }

    /// Signs with PS256: SHA-256, and a salt as long as it. `None` when the key is no RSA key of that size.
    pub(crate) fn sign(&self, message: &[u8], random: &impl Random) -> Option<Vec<u8>> {
        platform::sign(self, message, random)
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
    use aws_lc_rs::rsa::{KeyPair, KeySize};
    use aws_lc_rs::signature::{KeyPair as _, RSA_PSS_2048_8192_SHA256, UnparsedPublicKey};
    use headgate_fakes::CountingRandom;

    use super::*;

    fn made() -> (PrivateKey, Vec<u8>) {
        let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
        let der = AsDer::<Pkcs8V1Der<'_>>::as_der(&pair).unwrap();
        (
            PrivateKey::Pkcs8(Zeroizing::new(der.as_ref().to_vec())),
            pair.public_key().as_ref().to_vec(),
        )
    }

    fn fits(public: &[u8], message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&RSA_PSS_2048_8192_SHA256, public).verify(message, signature).is_ok()
    }

    #[test]
    fn both_backends_sign_what_the_public_key_verifies() {
        let (key, public) = made();
        let random = CountingRandom::new();
        let native = native::sign(&key, b"message", &random).unwrap();
        let portable = portable::sign(&key, b"message", &random).unwrap();
        for signature in [native, portable] {
            assert!(fits(&public, b"message", &signature));
            assert!(!fits(&public, b"massage", &signature));
        }
        assert!(native::is_sound(&key) && portable::is_sound(&key));
    }

    #[test]
    fn what_is_no_key_signs_nothing_on_either_backend() {
        let short = KeyPair::generate(KeySize::Rsa2048).unwrap();
        let public = short.public_key().as_ref().to_vec();
        for der in [Vec::new(), b"no key".to_vec(), public] {
            for key in [
                PrivateKey::Pkcs8(Zeroizing::new(der.clone())),
                PrivateKey::Pkcs1(Zeroizing::new(der.clone())),
            ] {
                assert!(!native::is_sound(&key) && !portable::is_sound(&key));
                assert!(native::sign(&key, b"", &CountingRandom::new()).is_none());
                assert!(portable::sign(&key, b"", &CountingRandom::new()).is_none());
            }
        }
    }
}
