use sha1::Sha1;
use sha2::{Digest, Sha256};
use x509_parser::certificate::X509Certificate;
use x509_parser::oid_registry::{OID_EC_P256, OID_NIST_EC_P384, OID_NIST_EC_P521, OID_SIG_ED25519};
use x509_parser::prelude::FromDer;
use x509_parser::public_key::PublicKey;
use x509_parser::x509::SubjectPublicKeyInfo;

use super::{Curve, KeyError, VerifyingKey};
use crate::token::base64url;

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
        let (rest, certificate) =
            X509Certificate::from_der(der).map_err(|_| KeyError::CertificateMalformed)?;
        if !rest.is_empty() {
            return Err(KeyError::CertificateMalformed);
        }
        Ok(Self {
            key: key(certificate.public_key())?,
            x5t: base64url::encode(&Sha1::digest(der)),
            x5t_s256: base64url::encode(&Sha256::digest(der)),
        })
    }
}

fn key(info: &SubjectPublicKeyInfo<'_>) -> Result<VerifyingKey, KeyError> {
    if info.algorithm.algorithm == OID_SIG_ED25519 {
        return VerifyingKey::ed25519(&info.subject_public_key.data);
    }
    match info.parsed().map_err(|_| KeyError::CertificateMalformed)? {
        PublicKey::RSA(key) => VerifyingKey::rsa(key.modulus, key.exponent),
        PublicKey::EC(point) => {
            let parameters = info.algorithm.parameters.as_ref();
            let named = parameters
                .and_then(|parameters| parameters.as_oid().ok())
                .ok_or(KeyError::CertificateKeyUnsupported)?;
            let curve = [
                (OID_EC_P256, Curve::P256),
                (OID_NIST_EC_P384, Curve::P384),
                (OID_NIST_EC_P521, Curve::P521),
            ]
            .into_iter()
            .find_map(|(oid, curve)| (oid == named).then_some(curve))
            .ok_or(KeyError::CertificateKeyUnsupported)?;
            // Compressed points are allowed by X.509 and used by nobody; RFC 7518 knows none.
            match point.data().split_first() {
                Some((4, coordinates)) if coordinates.len() == 2 * curve.coordinate_length() => {
                    let (x, y) = coordinates.split_at(curve.coordinate_length());
                    VerifyingKey::ec(curve, x, y)
                }
                _ => Err(KeyError::PointNotOnCurve),
            }
        }
        _ => Err(KeyError::CertificateKeyUnsupported),
    }
}
