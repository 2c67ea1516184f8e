use std::fmt;

use rustls_pki_types::CertificateDer;
use sha1::{Digest, Sha1};
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer, X509Certificate};

use super::distinguished_name::DistinguishedName;

/// An X.509 certificate and the facts that a policy speaks of, read once. It says nothing of who vouches for them.
pub(super) struct Certificate {
    pub(super) der: CertificateDer<'static>,
    /// SHA-1 of the encoding, in lower-case hexadecimal.
    pub(super) thumbprint: String,
    /// Lower-case hexadecimal without leading zeros.
    pub(super) serial_number: String,
    pub(super) subject: DistinguishedName,
    pub(super) issuer: DistinguishedName,
    /// The DNS names of the subject's alternative names, as they are written.
    pub(super) dns_names: Vec<String>,
    /// Seconds since the epoch, as is the next; both belong to the time of validity (RFC 5280 §4.1.2.5).
    pub(super) not_before: i64,
    pub(super) not_after: i64,
}

/// The bytes are not one X.509 certificate in DER.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NotACertificate;

impl Certificate {
    pub(super) fn from_der(der: Vec<u8>) -> Result<Self, NotACertificate> {
        let (rest, certificate) = X509Certificate::from_der(&der).map_err(|_| NotACertificate)?;
        if !rest.is_empty() {
            return Err(NotACertificate);
        }
        let alternative = certificate.subject_alternative_name().map_err(|_| NotACertificate)?;
        let dns_names = alternative
            .iter()
            .flat_map(|extension| &extension.value.general_names)
            .filter_map(|name| match name {
                GeneralName::DNSName(name) => Some((*name).to_owned()),
                _ => None,
            })
            .collect();
        let serial = hex(certificate.raw_serial());
        Ok(Self {
            thumbprint: hex(&Sha1::digest(&der)),
            serial_number: serial.trim_start_matches('0').to_owned(),
            subject: DistinguishedName::of(certificate.subject()),
            issuer: DistinguishedName::of(certificate.issuer()),
            dns_names,
            not_before: certificate.validity().not_before.timestamp(),
            not_after: certificate.validity().not_after.timestamp(),
            der: der.into(),
        })
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Certificate(…)")
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |hex, byte| hex + &format!("{byte:02x}"))
}
