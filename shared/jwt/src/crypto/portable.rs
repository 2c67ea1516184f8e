//! The backend on RustCrypto, for WASM.

use std::sync::{Arc, OnceLock};

use aes::cipher::block_padding::Pkcs7;
use aes::cipher::{BlockModeDecrypt, KeyIvInit};
use aes::{Aes128, Aes256};
use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes128Gcm, Aes256Gcm, Nonce};
use ed25519_dalek::Verifier;
use getrandom::SysRng;
use hmac::{Hmac, Mac};
use p256::ecdsa::signature::hazmat::PrehashVerifier;
use rsa::traits::{PaddingScheme, PublicKeyParts};
use rsa::{BoxedUint, Oaep, RsaPrivateKey};
use sha1::Sha1;
use sha2::{Sha256, Sha384, Sha512};
use zeroize::Zeroizing;

use super::Curve;
use super::backend::{Backend, Hash, OaepHash, Padding};
use super::digest::digest;
use super::p256_key::P256Key;
use super::rsa_encoding;
use super::rsa_power::RsaPower;
use super::rsa_private_numbers::RsaPrivateNumbers;

/// RustCrypto.
pub(super) struct Portable;

/// An RSA key, prepared at its first use: of an issuer's many keys an instance uses one.
#[derive(Clone)]
pub(super) struct RsaKey(Arc<RsaInner>);

struct RsaInner {
    n: Vec<u8>,
    e: Vec<u8>,
    power: OnceLock<Option<RsaPower>>,
}

/// A point of one of the curves.
#[derive(Clone)]
pub(super) enum EcKey {
    P256(Arc<P256Key>),
    P384(p384::ecdsa::VerifyingKey),
    P521(p521::ecdsa::VerifyingKey),
}

impl EcKey {
    /// Verifies ECDSA with this hash, whichever the curve; the signature is `r || s` at full length.
    pub(super) fn verify(&self, hash: Hash, message: &[u8], signature: &[u8]) -> bool {
        let digest = digest(hash, &[message]);
        match self {
            Self::P256(key) => key.verify(&digest, signature),
            Self::P384(key) => p384::ecdsa::Signature::from_slice(signature)
                .is_ok_and(|signature| key.verify_prehash(&digest, &signature).is_ok()),
            Self::P521(key) => p521::ecdsa::Signature::from_slice(signature)
                .is_ok_and(|signature| key.verify_prehash(&digest, &signature).is_ok()),
        }
    }
}

impl Backend for Portable {
    type Rsa = RsaKey;
    type Ec = EcKey;
    type Ed25519 = ed25519_dalek::VerifyingKey;
    type RsaPrivate = RsaPrivateKey;

    fn rsa(n: &[u8], e: &[u8]) -> Option<RsaKey> {
        // What could be wrong with the numbers, the caller has checked.
        let (n, e) = (n.to_vec(), e.to_vec());
        Some(RsaKey(Arc::new(RsaInner { n, e, power: OnceLock::new() })))
    }

    fn verify_rsa(
        RsaKey(key): &RsaKey,
        padding: Padding,
        hash: Hash,
        message: &[u8],
        signature: &[u8],
    ) -> bool {
        let power = key.power.get_or_init(|| RsaPower::new(&key.n, &key.e));
        let Some((power, encoded)) =
            power.as_ref().and_then(|power| Some((power, power.raise(signature)?)))
        else {
            return false;
        };
        match padding {
            Padding::Pkcs1 => encoded == rsa_encoding::pkcs1(hash, message, encoded.len()),
            Padding::Pss => rsa_encoding::is_pss(hash, message, &encoded, power.bits()),
        }
    }

    fn ec(curve: Curve, point: &[u8]) -> Option<EcKey> {
        match curve {
            Curve::P256 => P256Key::from_sec1(point).map(Arc::new).map(EcKey::P256),
            Curve::P384 => p384::ecdsa::VerifyingKey::from_sec1_bytes(point).ok().map(EcKey::P384),
            Curve::P521 => p521::ecdsa::VerifyingKey::from_sec1_bytes(point).ok().map(EcKey::P521),
        }
    }

    fn verify_ec(key: &EcKey, message: &[u8], signature: &[u8]) -> bool {
        let hash = match key {
            EcKey::P256(_) => Hash::Sha256,
            EcKey::P384(_) => Hash::Sha384,
            EcKey::P521(_) => Hash::Sha512,
        };
        key.verify(hash, message, signature)
    }

    fn ed25519(x: &[u8; 32]) -> Option<ed25519_dalek::VerifyingKey> {
        ed25519_dalek::VerifyingKey::from_bytes(x).ok()
    }

    fn verify_ed25519(key: &ed25519_dalek::VerifyingKey, message: &[u8], signature: &[u8]) -> bool {
        ed25519_dalek::Signature::from_slice(signature)
            .is_ok_and(|signature| key.verify(message, &signature).is_ok())
    }

    fn hmac(hash: Hash, secret: &[u8], parts: &[&[u8]]) -> Zeroizing<Vec<u8>> {
        fn authenticate<M: Mac + KeyInit>(secret: &[u8], parts: &[&[u8]]) -> Vec<u8> {
            // HMAC takes a key of any length (RFC 2104 §2): the fallback stands for a case that cannot be.
            let Ok(mut mac) = <M as KeyInit>::new_from_slice(secret) else {
                return Vec::new();
            };
            for part in parts {
                mac.update(part);
            }
            mac.finalize().into_bytes().to_vec()
        }
        Zeroizing::new(match hash {
            Hash::Sha256 => authenticate::<Hmac<Sha256>>(secret, parts),
            Hash::Sha384 => authenticate::<Hmac<Sha384>>(secret, parts),
            Hash::Sha512 => authenticate::<Hmac<Sha512>>(secret, parts),
        })
    }

    fn rsa_private(pkcs8: &[u8]) -> Option<RsaPrivateKey> {
        let RsaPrivateNumbers { n, e, d, p, q } = RsaPrivateNumbers::from_pkcs8(pkcs8).ok()?;
        // As wide as the modulus, which is public, whatever the secret numbers are.
        let bits = u32::try_from(n.len()).ok()?.checked_mul(8)?;
        let secret = |number| BoxedUint::from_be_slice(number, bits).ok();
        let [n, e] = [n, e].map(BoxedUint::from_be_slice_vartime);
        let primes = vec![secret(p)?, secret(q)?];
        let key = RsaPrivateKey::from_components(n, e, secret(d)?, primes).ok()?;
        (2048..=8192).contains(&key.n().bits()).then_some(key)
    }

    /// Blinded: the exponentiation of this crate is not known to take the same time for every input
    /// (RUSTSEC-2023-0071), so what it works on is made random.
    fn open_oaep(
        key: &RsaPrivateKey,
        hash: OaepHash,
        ciphertext: &[u8],
    ) -> Option<Zeroizing<Vec<u8>>> {
        match hash {
            OaepHash::Sha1 => Oaep::<Sha1>::new().decrypt(Some(&mut SysRng), key, ciphertext),
            OaepHash::Sha256 => Oaep::<Sha256>::new().decrypt(Some(&mut SysRng), key, ciphertext),
        }
        .ok()
        .map(Zeroizing::new)
    }

    fn open_gcm(
        key: &[u8],
        nonce: &[u8],
        additional_data: &[u8],
        ciphertext: &[u8],
        tag: &[u8],
    ) -> Option<Zeroizing<Vec<u8>>> {
        if tag.len() != 16 {
            return None;
        }
        let nonce = Nonce::try_from(nonce).ok()?;
        let sealed = [ciphertext, tag].concat();
        let payload = Payload { msg: &sealed, aad: additional_data };
        let opened = match key.len() {
            16 => Aes128Gcm::new_from_slice(key).ok()?.decrypt(&nonce, payload),
            _ => Aes256Gcm::new_from_slice(key).ok()?.decrypt(&nonce, payload),
        };
        opened.ok().map(Zeroizing::new)
    }

    fn open_cbc(key: &[u8], iv: &[u8], ciphertext: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let opened = match key.len() {
            16 => cbc::Decryptor::<Aes128>::new_from_slices(key, iv)
                .ok()?
                .decrypt_padded_vec::<Pkcs7>(ciphertext),
            _ => cbc::Decryptor::<Aes256>::new_from_slices(key, iv)
                .ok()?
                .decrypt_padded_vec::<Pkcs7>(ciphertext),
        };
        opened.ok().map(Zeroizing::new)
    }
}
