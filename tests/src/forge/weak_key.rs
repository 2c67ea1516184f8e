use aws_lc_rs::digest::{SHA256, digest};
use getrandom::SysRng;
use getrandom::rand_core::UnwrapErr;
use rsa::traits::PublicKeyParts;
use rsa::{Pkcs1v15Sign, RsaPrivateKey};

/// `DigestInfo` for SHA-256 without the digest (RFC 8017 §9.2, note 1).
const SHA256_DIGEST_INFO: [u8; 19] = [
    0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05,
    0x00, 0x04, 0x20,
];

/// An RSA key of 1024 bits, which nobody may accept; the library that makes the other keys does not even make it.
pub(super) struct WeakKey(RsaPrivateKey);

impl WeakKey {
    pub(super) fn generate() -> Self {
        Self(RsaPrivateKey::new(&mut UnwrapErr(SysRng), 1024).unwrap())
    }

    pub(super) fn n(&self) -> Vec<u8> {
        self.0.n_bytes().to_vec()
    }

    pub(super) fn sign_rs256(&self, message: &[u8]) -> Vec<u8> {
        let scheme = Pkcs1v15Sign { hash_len: Some(32), prefix: Box::new(SHA256_DIGEST_INFO) };
        self.0.sign(scheme, digest(&SHA256, message).as_ref()).unwrap()
    }
}
