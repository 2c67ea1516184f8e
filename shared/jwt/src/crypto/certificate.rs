use der::asn1::ObjectIdentifier;
use der::{Tag, Tagged};
use sha1::Sha1;
use sha2::{Digest, Sha256};

use super::der_numbers::{RSA_ENCRYPTION, two_numbers};
use super::{Curve, KeyError, VerifyingKey};
use crate::token::base64url;
use crate::x509::{PublicKeyInfo, X509};

/// RFC 8410 §3.
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
/// RFC 5480 §2.1.1; the curves, §2.1.1.1.
const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const CURVES: [(ObjectIdentifier, Curve); 3] = [
    (ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7"), Curve::P256),
    (ObjectIdentifier::new_unwrap("1.3.132.0.34"), Curve::P384),
    (ObjectIdentifier::new_unwrap("1.3.132.0.35"), Curve::P521),
];

/// The key of a certificate and the thumbprints by which a token names it.
///
/// The certificate is a container here: its dates, names and signature are not judged, as API Management and JWKS
/// readers do not judge them for signing keys.
#[derive(Clone, Debug)]
pub struct Certificate {
    /// The key.
    pub key: VerifyingKey,
    /// Base64url of the SHA-1 of the DER: a token's `x5t`.
    pub x5t: String,
    /// Base64url of the SHA-256 of the DER: a token's `x5t#S256`.
    pub x5t_s256: String,
}

impl Certificate {
    /// Reads an X.509 certificate in DER, of at most 64 KiB.
    ///
    /// # Errors
    ///
    /// [`KeyError::CertificateMalformed`], [`KeyError::CertificateKeyUnsupported`], or what the key's own constructor
    /// refuses.
    pub fn from_der(der: &[u8]) -> Result<Self, KeyError> {
        const LIMIT: usize = 64 * 1024;
        if der.len() > LIMIT {
            return Err(KeyError::CertificateMalformed);
        }
        let certificate = X509::from_der(der).map_err(|_| KeyError::CertificateMalformed)?;
        Ok(Self {
            key: key(&certificate.public_key)?,
            x5t: base64url::encode(&Sha1::digest(der)),
            x5t_s256: base64url::encode(&Sha256::digest(der)),
        })
    }
}

fn key(info: &PublicKeyInfo<'_>) -> Result<VerifyingKey, KeyError> {
    let is = |algorithm: ObjectIdentifier| info.algorithm == algorithm.as_bytes();
    if is(ED25519) {
        VerifyingKey::ed25519(info.key)
    } else if is(RSA_ENCRYPTION) {
        let (n, e) = two_numbers(info.key).map_err(|_| KeyError::CertificateMalformed)?;
        VerifyingKey::rsa(n, e)
    } else if is(EC_PUBLIC_KEY) {
        let named = info.parameters.filter(|named| named.tag() == Tag::ObjectIdentifier);
        let curve = named
            .and_then(|named| {
                CURVES
                    .iter()
                    .find_map(|(id, curve)| (id.as_bytes() == named.value()).then_some(*curve))
            })
            .ok_or(KeyError::CertificateKeyUnsupported)?;
        // Compressed points are allowed by X.509 and used by nobody; RFC 7518 knows none.
        match info.key.split_first() {
            Some((4, coordinates)) if coordinates.len() == 2 * curve.coordinate_length() => {
                let (x, y) = coordinates.split_at(curve.coordinate_length());
                VerifyingKey::ec(curve, x, y)
            }
            _ => Err(KeyError::PointNotOnCurve),
        }
    } else {
        Err(KeyError::CertificateKeyUnsupported)
    }
}
