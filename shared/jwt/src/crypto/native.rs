//! The backend on aws-lc-rs.

use std::sync::{Arc, OnceLock};

use aws_lc_rs::aead::{AES_128_GCM, AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::cipher::{
    AES_128, AES_256, DecryptionContext, PaddedBlockDecryptingKey, UnboundCipherKey,
};
use aws_lc_rs::hmac;
use aws_lc_rs::iv::FixedLength;
use aws_lc_rs::rsa::{
    OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256, OaepPrivateDecryptingKey, PrivateDecryptingKey,
};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ECDSA_P521_SHA512_FIXED, ED25519,
    ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384,
    RSA_PKCS1_2048_8192_SHA512, RSA_PSS_2048_8192_SHA256, RSA_PSS_2048_8192_SHA384,
    RSA_PSS_2048_8192_SHA512, RsaParameters, RsaPublicKeyComponents,
};
use zeroize::Zeroizing;

use super::Curve;
use super::backend::{Backend, Hash, OaepHash, Padding};

/// aws-lc-rs.
pub(super) struct Native;

/// An RSA key. aws-lc-rs ties a prepared key to one padding and hash, so each is prepared at its first use.
#[derive(Clone)]
pub(super) struct RsaKey(Arc<RsaInner>);

struct RsaInner {
    n: Vec<u8>,
    e: Vec<u8>,
    prepared: [OnceLock<Option<ParsedPublicKey>>; 6],
}

impl RsaKey {
    fn prepared(&self, padding: Padding, hash: Hash) -> Option<&ParsedPublicKey> {
        let [rs256, rs384, rs512, ps256, ps384, ps512] = &self.0.prepared;
        let (slot, parameters): (_, &'static RsaParameters) = match (padding, hash) {
            (Padding::Pkcs1, Hash::Sha256) => (rs256, &RSA_PKCS1_2048_8192_SHA256),
            (Padding::Pkcs1, Hash::Sha384) => (rs384, &RSA_PKCS1_2048_8192_SHA384),
            (Padding::Pkcs1, Hash::Sha512) => (rs512, &RSA_PKCS1_2048_8192_SHA512),
            (Padding::Pss, Hash::Sha256) => (ps256, &RSA_PSS_2048_8192_SHA256),
            (Padding::Pss, Hash::Sha384) => (ps384, &RSA_PSS_2048_8192_SHA384),
            (Padding::Pss, Hash::Sha512) => (ps512, &RSA_PSS_2048_8192_SHA512),
        };
        let components = RsaPublicKeyComponents { n: &self.0.n, e: &self.0.e };
        slot.get_or_init(|| components.to_parsed_public_key(parameters).ok()).as_ref()
    }
}

impl Backend for Native {
    type Rsa = RsaKey;
    type Ec = ParsedPublicKey;
    type Ed25519 = ParsedPublicKey;
    type RsaPrivate = OaepPrivateDecryptingKey;

    fn rsa(n: &[u8], e: &[u8]) -> Option<RsaKey> {
        let key = RsaKey(Arc::new(RsaInner {
            n: n.to_vec(),
            e: e.to_vec(),
            prepared: Default::default(),
        }));
        key.prepared(Padding::Pkcs1, Hash::Sha256)?;
        Some(key)
    }

    fn verify_rsa(
        key: &RsaKey,
        padding: Padding,
        hash: Hash,
        message: &[u8],
        signature: &[u8],
    ) -> bool {
        key.prepared(padding, hash).is_some_and(|key| key.verify_sig(message, signature).is_ok())
    }

    fn ec(curve: Curve, point: &[u8]) -> Option<ParsedPublicKey> {
        let algorithm = match curve {
            Curve::P256 => &ECDSA_P256_SHA256_FIXED,
            Curve::P384 => &ECDSA_P384_SHA384_FIXED,
            Curve::P521 => &ECDSA_P521_SHA512_FIXED,
        };
        ParsedPublicKey::new(algorithm, point).ok()
    }

    fn verify_ec(key: &ParsedPublicKey, message: &[u8], signature: &[u8]) -> bool {
        key.verify_sig(message, signature).is_ok()
    }

    fn ed25519(x: &[u8; 32]) -> Option<ParsedPublicKey> {
        ParsedPublicKey::new(&ED25519, x).ok()
    }

    fn verify_ed25519(key: &ParsedPublicKey, message: &[u8], signature: &[u8]) -> bool {
        key.verify_sig(message, signature).is_ok()
    }

    fn hmac(hash: Hash, secret: &[u8], parts: &[&[u8]]) -> Zeroizing<Vec<u8>> {
        let algorithm = match hash {
            Hash::Sha256 => hmac::HMAC_SHA256,
            Hash::Sha384 => hmac::HMAC_SHA384,
            Hash::Sha512 => hmac::HMAC_SHA512,
        };
        let mut context = hmac::Context::with_key(&hmac::Key::new(algorithm, secret));
        for part in parts {
            context.update(part);
        }
        Zeroizing::new(context.sign().as_ref().to_vec())
    }

    fn rsa_private(pkcs8: &[u8]) -> Option<OaepPrivateDecryptingKey> {
        let key = PrivateDecryptingKey::from_pkcs8(pkcs8).ok()?;
        let key = OaepPrivateDecryptingKey::new(key).ok()?;
        (2048..=8192).contains(&key.key_size_bits()).then_some(key)
    }

    fn open_oaep(
        key: &OaepPrivateDecryptingKey,
        hash: OaepHash,
        ciphertext: &[u8],
    ) -> Option<Zeroizing<Vec<u8>>> {
        let algorithm = match hash {
            OaepHash::Sha1 => &OAEP_SHA1_MGF1SHA1,
            OaepHash::Sha256 => &OAEP_SHA256_MGF1SHA256,
        };
        let mut plaintext = Zeroizing::new(vec![0; key.min_output_size()]);
        let length = key.decrypt(algorithm, ciphertext, &mut plaintext, None).ok()?.len();
        plaintext.truncate(length);
        Some(plaintext)
    }

    fn open_gcm(
        key: &[u8],
        nonce: &[u8],
        additional_data: &[u8],
        ciphertext: &[u8],
        tag: &[u8],
    ) -> Option<Zeroizing<Vec<u8>>> {
        let algorithm = if key.len() == 16 { &AES_128_GCM } else { &AES_256_GCM };
        if tag.len() != algorithm.tag_len() {
            return None;
        }
        let key = LessSafeKey::new(UnboundKey::new(algorithm, key).ok()?);
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut sealed = Zeroizing::new([ciphertext, tag].concat());
        let length = key.open_in_place(nonce, Aad::from(additional_data), &mut sealed).ok()?.len();
        sealed.truncate(length);
        Some(sealed)
    }

    fn open_cbc(key: &[u8], iv: &[u8], ciphertext: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let algorithm = if key.len() == 16 { &AES_128 } else { &AES_256 };
        let iv = FixedLength::<16>::try_from(iv).ok()?;
        let key = UnboundCipherKey::new(algorithm, key).ok()?;
        let key = PaddedBlockDecryptingKey::cbc_pkcs7(key).ok()?;
        let mut plaintext = Zeroizing::new(ciphertext.to_vec());
        let length = key.decrypt(&mut plaintext, DecryptionContext::Iv128(iv)).ok()?.len();
        plaintext.truncate(length);
        Some(plaintext)
    }
}
