use std::fmt;

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::Platform;
use super::backend::{Backend, Hash, Padding};
use crate::token::Algorithm;

/// A key that verifies signatures: prepared once, used for every token.
///
/// The key decides which algorithms it verifies; a token's `alg` only picks among them. So no token can have an RSA
/// public key used as an HMAC secret, or a curve's key with another hash.
///
/// ```
/// use headgate_jwt::crypto::VerifyingKey;
/// use headgate_jwt::token::Algorithm;
///
/// let key = VerifyingKey::hmac(b"a secret that is at least as long as its hash")?;
/// assert!(!key.verify(Algorithm::Hs256, b"message", b"not its signature"));
/// assert!(!key.fits(Algorithm::Rs256));
/// # Ok::<(), headgate_jwt::crypto::KeyError>(())
/// ```
#[derive(Clone)]
pub struct VerifyingKey(KeyOn<Platform>);

/// A curve of ECDSA (RFC 7518 §6.2.1.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Curve {
    /// `P-256`, for `ES256`.
    P256,
    /// `P-384`, for `ES384`.
    P384,
    /// `P-521`, for `ES512`.
    P521,
}

/// Why a key cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The RSA modulus has fewer than 2048 bits.
    #[error("the RSA key must have at least 2048 bits")]
    RsaTooSmall,
    /// The RSA modulus has more than 8192 bits.
    #[error("the RSA key must have at most 8192 bits")]
    RsaTooLarge,
    /// The modulus is even, or the exponent is even, below 3 or above 32 bits.
    #[error("the RSA key's modulus or exponent is not one of RSA")]
    RsaMalformed,
    /// The coordinates have the wrong length or are not on the curve.
    #[error("the point is not on its curve")]
    PointNotOnCurve,
    /// The Ed25519 key is not 32 bytes that decode to a point.
    #[error("the Ed25519 key is not a point")]
    Ed25519Malformed,
    /// The symmetric key has fewer than 256 bits (RFC 7518 §3.2).
    #[error("the symmetric key must have at least 256 bits")]
    SymmetricTooShort,
    /// The certificate is not X.509 in DER.
    #[error("the certificate is not X.509 in DER")]
    CertificateMalformed,
    /// The certificate's key is of another kind.
    #[error("the certificate's key is neither RSA, P-256, P-384, P-521 nor Ed25519")]
    CertificateKeyUnsupported,
    /// The private key is not RSA with 2048 to 8192 bits, PKCS#8 in DER.
    #[error("the private key is not an RSA key of 2048 to 8192 bits, PKCS#8 in DER")]
    PrivateKeyMalformed,
}

impl VerifyingKey {
    /// Prepares an RSA key for `RS…` and `PS…`: big-endian modulus of 2048 to 8192 bits and odd exponent from 3 to
    /// 32 bits. Leading zeros are dropped.
    ///
    /// # Errors
    ///
    /// [`KeyError::RsaTooSmall`], [`KeyError::RsaTooLarge`] or [`KeyError::RsaMalformed`].
    pub fn rsa(n: &[u8], e: &[u8]) -> Result<Self, KeyError> {
        KeyOn::rsa(n, e).map(Self)
    }

    /// Prepares a curve's key from its coordinates, each at full length.
    ///
    /// # Errors
    ///
    /// [`KeyError::PointNotOnCurve`].
    pub fn ec(curve: Curve, x: &[u8], y: &[u8]) -> Result<Self, KeyError> {
        KeyOn::ec(curve, x, y).map(Self)
    }

    /// Prepares an Ed25519 key (RFC 8037 §2).
    ///
    /// # Errors
    ///
    /// [`KeyError::Ed25519Malformed`].
    pub fn ed25519(x: &[u8]) -> Result<Self, KeyError> {
        KeyOn::ed25519(x).map(Self)
    }

    /// Prepares a symmetric key for those of `HS256`, `HS384` and `HS512` whose hash is not longer than the key
    /// (RFC 7518 §3.2).
    ///
    /// # Errors
    ///
    /// [`KeyError::SymmetricTooShort`].
    pub fn hmac(secret: &[u8]) -> Result<Self, KeyError> {
        KeyOn::hmac(secret).map(Self)
    }

    /// Whether the key verifies signatures of this algorithm.
    #[must_use]
    pub fn fits(&self, algorithm: Algorithm) -> bool {
        self.0.fits(algorithm)
    }

    /// Whether `signature` is the key's over `message`; `false` also when the algorithm does not fit the key.
    #[must_use]
    pub fn verify(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        self.0.verify(algorithm, message, signature)
    }
}

/// Shows the kind of key, and nothing of it.
impl fmt::Debug for VerifyingKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "VerifyingKey({} …)", self.0.kind())
    }
}

impl Curve {
    /// The curve of this `crv`.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "P-256" => Some(Self::P256),
            "P-384" => Some(Self::P384),
            "P-521" => Some(Self::P521),
            _ => None,
        }
    }

    /// The length of a coordinate in bytes.
    #[must_use]
    pub const fn coordinate_length(self) -> usize {
        match self {
            Self::P256 => 32,
            Self::P384 => 48,
            Self::P521 => 66,
        }
    }
}

/// A verifying key on one backend: what the tests run on both.
pub(super) enum KeyOn<B: Backend> {
    Rsa(B::Rsa),
    Ec(Curve, B::Ec),
    Ed25519(B::Ed25519),
    Hmac(Zeroizing<Vec<u8>>),
}

impl<B: Backend> Clone for KeyOn<B> {
    fn clone(&self) -> Self {
        match self {
            Self::Rsa(key) => Self::Rsa(key.clone()),
            Self::Ec(curve, key) => Self::Ec(*curve, key.clone()),
            Self::Ed25519(key) => Self::Ed25519(key.clone()),
            Self::Hmac(secret) => Self::Hmac(secret.clone()),
        }
    }
}

impl<B: Backend> KeyOn<B> {
    pub(super) fn rsa(n: &[u8], e: &[u8]) -> Result<Self, KeyError> {
        let (n, e) = (without_leading_zeros(n), without_leading_zeros(e));
        match bits(n) {
            0..2048 => return Err(KeyError::RsaTooSmall),
            2048..=8192 => {}
            8193.. => return Err(KeyError::RsaTooLarge),
        }
        let is_odd = |number: &[u8]| number.last().is_some_and(|low| low & 1 == 1);
        if !is_odd(n) || !is_odd(e) || e == [1] || e.len() > 4 {
            return Err(KeyError::RsaMalformed);
        }
        B::rsa(n, e).map(Self::Rsa).ok_or(KeyError::RsaMalformed)
    }

    pub(super) fn ec(curve: Curve, x: &[u8], y: &[u8]) -> Result<Self, KeyError> {
        let length = curve.coordinate_length();
        if x.len() != length || y.len() != length {
            return Err(KeyError::PointNotOnCurve);
        }
        let point = [&[4], x, y].concat();
        B::ec(curve, &point).map(|key| Self::Ec(curve, key)).ok_or(KeyError::PointNotOnCurve)
    }

    pub(super) fn ed25519(x: &[u8]) -> Result<Self, KeyError> {
        let x = x.try_into().map_err(|_| KeyError::Ed25519Malformed)?;
        B::ed25519(x).map(Self::Ed25519).ok_or(KeyError::Ed25519Malformed)
    }

    pub(super) fn hmac(secret: &[u8]) -> Result<Self, KeyError> {
        if secret.len() < Hash::Sha256.length() {
            return Err(KeyError::SymmetricTooShort);
        }
        Ok(Self::Hmac(Zeroizing::new(secret.to_vec())))
    }

    pub(super) fn fits(&self, algorithm: Algorithm) -> bool {
        match (self, Scheme::of(algorithm)) {
            (Self::Rsa(_), Scheme::Rsa(..)) | (Self::Ed25519(_), Scheme::Ed25519) => true,
            (Self::Ec(own, _), Scheme::Ecdsa(curve)) => *own == curve,
            (Self::Hmac(secret), Scheme::Hmac(hash)) => secret.len() >= hash.length(),
            _ => false,
        }
    }

    pub(super) fn verify(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        if !self.fits(algorithm) {
            return false;
        }
        match (self, Scheme::of(algorithm)) {
            (Self::Rsa(key), Scheme::Rsa(padding, hash)) => {
                B::verify_rsa(key, padding, hash, message, signature)
            }
            (Self::Ec(_, key), Scheme::Ecdsa(_)) => B::verify_ec(key, message, signature),
            (Self::Ed25519(key), Scheme::Ed25519) => B::verify_ed25519(key, message, signature),
            (Self::Hmac(secret), Scheme::Hmac(hash)) => {
                B::hmac(hash, secret, &[message]).ct_eq(signature).into()
            }
            _ => false,
        }
    }

    fn kind(&self) -> &'static str {
        match self {
            Self::Rsa(_) => "RSA",
            Self::Ec(Curve::P256, _) => "P-256",
            Self::Ec(Curve::P384, _) => "P-384",
            Self::Ec(Curve::P521, _) => "P-521",
            Self::Ed25519(_) => "Ed25519",
            Self::Hmac(_) => "symmetric",
        }
    }
}

/// What an algorithm's name stands for.
enum Scheme {
    Hmac(Hash),
    Rsa(Padding, Hash),
    Ecdsa(Curve),
    Ed25519,
}

impl Scheme {
    const fn of(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::Hs256 => Self::Hmac(Hash::Sha256),
            Algorithm::Hs384 => Self::Hmac(Hash::Sha384),
            Algorithm::Hs512 => Self::Hmac(Hash::Sha512),
            Algorithm::Rs256 => Self::Rsa(Padding::Pkcs1, Hash::Sha256),
            Algorithm::Rs384 => Self::Rsa(Padding::Pkcs1, Hash::Sha384),
            Algorithm::Rs512 => Self::Rsa(Padding::Pkcs1, Hash::Sha512),
            Algorithm::Ps256 => Self::Rsa(Padding::Pss, Hash::Sha256),
            Algorithm::Ps384 => Self::Rsa(Padding::Pss, Hash::Sha384),
            Algorithm::Ps512 => Self::Rsa(Padding::Pss, Hash::Sha512),
            Algorithm::Es256 => Self::Ecdsa(Curve::P256),
            Algorithm::Es384 => Self::Ecdsa(Curve::P384),
            Algorithm::Es512 => Self::Ecdsa(Curve::P521),
            Algorithm::EdDsa => Self::Ed25519,
        }
    }
}

fn without_leading_zeros(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    number.get(zeros..).unwrap_or_default()
}

/// The bits of a big-endian number without leading zeros.
fn bits(number: &[u8]) -> usize {
    number.first().map_or(0, |high| number.len() * 8 - high.leading_zeros() as usize)
}
