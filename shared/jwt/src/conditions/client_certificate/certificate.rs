use std::fmt;

use rustls_pki_types::CertificateDer;
use sha1::{Digest, Sha1};

use super::distinguished_name::DistinguishedName;
use crate::x509::X509;

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
        let parts = X509::from_der(&der)?;
        let serial = hex(parts.serial_number);
        Ok(Self {
            thumbprint: hex(&Sha1::digest(&der)),
            serial_number: serial.trim_start_matches('0').to_owned(),
            subject: DistinguishedName::of(&parts.subject)?,
            issuer: DistinguishedName::of(&parts.issuer)?,
            dns_names: parts.dns_names()?.into_iter().map(str::to_owned).collect(),
            not_before: parts.not_before.seconds()?,
            not_after: parts.not_after.seconds()?,
            der: der.into(),
        })
    }
}

impl From<der::Error> for NotACertificate {
    fn from(_: der::Error) -> Self {
        Self
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Certificate(…)")
    }
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |hex, byte| hex + &format!("{byte:02x}"))
}

#[cfg(test)]
mod tests {
    use rcgen::{
        CertificateParams, DistinguishedName as Name, DnType, DnValue, KeyPair, SanType,
        SerialNumber, date_time_ymd,
    };

    use super::*;

    fn made(change: impl FnOnce(&mut CertificateParams)) -> Certificate {
        let mut params = CertificateParams::default();
        params.distinguished_name = Name::new();
        change(&mut params);
        let made = params.self_signed(&KeyPair::generate().unwrap()).unwrap();
        Certificate::from_der(made.der().to_vec()).unwrap()
    }

    fn named(value: DnValue) -> Certificate {
        made(|params| params.distinguished_name.push(DnType::CommonName, value))
    }

    #[test]
    fn a_name_is_read_whatever_kind_of_string_it_is() {
        for (value, text) in [
            (DnValue::Utf8String("Zoë 中 😀".into()), "Zoë 中 😀"),
            (DnValue::PrintableString("orders".try_into().unwrap()), "orders"),
            (DnValue::Ia5String("a@b.test".try_into().unwrap()), "a@b.test"),
            (DnValue::BmpString("Zoë 中".try_into().unwrap()), "Zoë 中"),
            (DnValue::TeletexString("orders".try_into().unwrap()), "orders"),
            // RFC 4514 §2.4, of what is not known as text: the whole encoding.
            (DnValue::UniversalString("A".try_into().unwrap()), "#1c0400000041"),
        ] {
            assert_eq!(named(value).subject.common_name(), Some(text));
        }
    }

    #[test]
    fn bytes_that_are_no_text_of_their_kind_stand_in_hexadecimal() {
        let good = named(DnValue::BmpString("AB".try_into().unwrap())).der.to_vec();
        let at = good.windows(6).position(|part| part == [0x1e, 4, 0, b'A', 0, b'B']).unwrap();
        // An unpaired surrogate; a kind that is no string; UTF-8 that is none; Latin-1 in T.61.
        for (element, text) in [
            ([0x1e, 4, 0xd8, 0, 0, b'B'], "#1e04d8000042"),
            ([0x04, 4, 0, b'A', 0, b'B'], "#040400410042"),
            ([0x0c, 4, 0xff, b'A', 0, b'B'], "#0c04ff410042"),
            ([0x14, 4, b'Z', b'o', 0xeb, b'!'], "Zoë!"),
        ] {
            let mut der = good.clone();
            der[at..at + 6].copy_from_slice(&element);
            let certificate = Certificate::from_der(der).unwrap();
            assert_eq!(certificate.issuer.common_name(), Some(text));
        }
        // Two elements where one belongs.
        let mut der = good.clone();
        der[at..at + 6].copy_from_slice(&[0x0c, 1, b'A', 0x0c, 1, b'B']);
        assert_eq!(Certificate::from_der(der).unwrap_err(), NotACertificate);
    }

    #[test]
    fn a_type_of_attribute_that_nobody_knows_is_read_by_its_number() {
        let certificate = made(|params| {
            params
                .distinguished_name
                .push(DnType::CustomDnType(vec![1, 3, 6, 1, 4, 1, 4_294_967_296, 7]), "x");
        });
        let name = DistinguishedName::parse("1.3.6.1.4.1.4294967296.7=x").unwrap();
        assert!(name.is(&certificate.subject));
    }

    #[test]
    fn the_facts_of_a_certificate_are_those_that_were_put_in() {
        let long = [&[0x0f][..], &[0xab; 39]].concat();
        let certificate = made(|params| {
            params.serial_number = Some(SerialNumber::from_slice(&long));
            params.subject_alt_names = vec![
                SanType::Rfc822Name("a@b.test".try_into().unwrap()),
                SanType::DnsName("*.Contoso.com".try_into().unwrap()),
                SanType::IpAddress([127, 0, 0, 1].into()),
                SanType::DnsName("contoso.com".try_into().unwrap()),
            ];
            params.not_before = date_time_ymd(1999, 12, 31);
            params.not_after = date_time_ymd(2050, 1, 1);
        });
        assert_eq!(certificate.serial_number, "f".to_owned() + &"ab".repeat(39));
        assert_eq!(certificate.dns_names, ["*.Contoso.com", "contoso.com"]);
        assert_eq!(certificate.not_before, 946_598_400);
        assert_eq!(certificate.not_after, 2_524_608_000);
        assert_eq!(certificate.thumbprint, hex(&Sha1::digest(&certificate.der)));
    }
}
