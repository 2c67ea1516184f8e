use zeroize::Zeroizing;

use super::Curve;

/// What a target's cryptography has to provide.
///
/// An implementor refuses, and never panics, whatever the lengths and values that it is given. What it compares with a
/// secret it compares in constant time.
pub(super) trait Backend {
    /// A prepared RSA public key.
    type Rsa: Clone + Send + Sync;
    /// A prepared elliptic-curve public key.
    type Ec: Clone + Send + Sync;
    /// A prepared Ed25519 public key.
    type Ed25519: Clone + Send + Sync;
    /// An RSA private key.
    type RsaPrivate: Send + Sync;

    /// Prepares an RSA key of 2048 to 8192 bits; `n` and `e` are big-endian without leading zeros.
    fn rsa(n: &[u8], e: &[u8]) -> Option<Self::Rsa>;
    /// Verifies RSASSA-PKCS1-v1_5 or RSASSA-PSS (RFC 8017 §8), the latter with a salt as long as the hash.
    fn verify_rsa(
        key: &Self::Rsa,
        padding: Padding,
        hash: Hash,
        message: &[u8],
        signature: &[u8],
    ) -> bool;

    /// Prepares a point given as `04 || x || y` that must lie on the curve.
    fn ec(curve: Curve, point: &[u8]) -> Option<Self::Ec>;
    /// Verifies ECDSA with the curve's own hash; the signature is `r || s` at full length (RFC 7518 §3.4).
    fn verify_ec(key: &Self::Ec, message: &[u8], signature: &[u8]) -> bool;

    /// Prepares an Ed25519 key.
    fn ed25519(x: &[u8; 32]) -> Option<Self::Ed25519>;
    /// Verifies Ed25519 (RFC 8032 §5.1.7).
    fn verify_ed25519(key: &Self::Ed25519, message: &[u8], signature: &[u8]) -> bool;

    /// The HMAC of the parts one after the other.
    fn hmac(hash: Hash, secret: &[u8], parts: &[&[u8]]) -> Zeroizing<Vec<u8>>;

    /// Reads an RSA private key of 2048 to 8192 bits, PKCS#8 in DER.
    fn rsa_private(pkcs8: &[u8]) -> Option<Self::RsaPrivate>;
    /// Opens RSAES-OAEP (RFC 8017 §7.1) without a label; `hash` serves the mask generation too.
    fn open_oaep(
        key: &Self::RsaPrivate,
        hash: OaepHash,
        ciphertext: &[u8],
    ) -> Option<Zeroizing<Vec<u8>>>;

    /// Opens AES-GCM with a key of 16 or 32 bytes, a nonce of 12 and a tag of 16.
    fn open_gcm(
        key: &[u8],
        nonce: &[u8],
        additional_data: &[u8],
        ciphertext: &[u8],
        tag: &[u8],
    ) -> Option<Zeroizing<Vec<u8>>>;
    /// Decrypts AES-CBC and takes PKCS#7 padding off: only what has been authenticated before.
    fn open_cbc(key: &[u8], iv: &[u8], ciphertext: &[u8]) -> Option<Zeroizing<Vec<u8>>>;
}

/// A hash of the SHA-2 family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    /// The hash's length in bytes.
    pub(super) const fn length(self) -> usize {
        match self {
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }
}

/// The hash of an OAEP encryption. SHA-1 is what `RSA-OAEP` means; OAEP does not rest on its collision resistance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OaepHash {
    Sha1,
    Sha256,
}

/// The padding of an RSA signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Padding {
    Pkcs1,
    Pss,
}
