use std::fmt;

use http::{HeaderMap, HeaderName, HeaderValue};
use percent_encoding::percent_decode_str;

use super::certificate::Certificate;
use super::forwarded::{self, Forwarded};
use super::pem::{self, PemError};
use crate::conditions::{Reason, Refusal};

/// The certificate that a client showed to the proxy that ended its TLS connection, and the issuers' certificates that
/// came with it.
///
/// Whoever can set the header can claim any certificate: the proxy must remove the header from what its callers send.
pub struct PresentedCertificate {
    pub(super) leaf: Certificate,
    pub(super) issuers: Vec<Certificate>,
}

/// Why a header is not read as a client's certificate. Its text has nothing of the header's content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// The header stands there more than once.
    #[error("the client certificate's header must stand once")]
    SeveralHeaders,
    /// `x-forwarded-client-cert` has an element of more than one proxy, so it is open whose word counts.
    #[error(
        "the client certificate's header must have one element: let the nearest proxy sanitise and set it"
    )]
    SeveralElements,
    /// The header is longer than 64 KiB.
    #[error("the client certificate's header must be at most {} bytes long", MAX_LENGTH)]
    TooLong,
    /// There are more than eight certificates.
    #[error("a client certificate may come with at most {} others", MAX_CERTIFICATES - 1)]
    TooMany,
    /// The header has bytes that are not printable ASCII, or whose percent-encoding is not UTF-8.
    #[error("the client certificate's header is not text")]
    NotText,
    /// `x-forwarded-client-cert` is malformed, or has neither `Cert` nor `Chain`.
    #[error("the client certificate's header has no `Cert` element: let the proxy forward it")]
    NoCertificate,
    /// The PEM text cannot be read.
    #[error("the client certificate's header {0}")]
    Pem(PemError),
    /// The content is neither PEM nor base64.
    #[error("the client certificate's header is neither PEM nor base64 of DER")]
    NotBase64,
    /// The decoded bytes are no X.509 certificate.
    #[error("the client certificate's header does not hold an X.509 certificate")]
    NotX509,
}

/// The header that RFC 9440 §2.2 defines, and the one for the issuers (§2.3).
const CLIENT_CERT: HeaderName = HeaderName::from_static("client-cert");
const CLIENT_CERT_CHAIN: HeaderName = HeaderName::from_static("client-cert-chain");

const MAX_LENGTH: usize = 64 * 1024;
const MAX_CERTIFICATES: usize = 8;

impl PresentedCertificate {
    /// Reads the header `name`; `None` when it is absent or blank, which is how proxies say that there is no
    /// certificate. With `Client-Cert`, the issuers in `Client-Cert-Chain` are read too (RFC 9440 §2.3).
    ///
    /// # Errors
    ///
    /// [`CertificateError`]; a header that stands there twice is never read.
    pub fn from_headers(
        headers: &HeaderMap,
        name: &HeaderName,
    ) -> Result<Option<Self>, CertificateError> {
        let mut lines = headers.get_all(name).iter();
        let Some(line) = lines.next() else { return Ok(None) };
        if lines.next().is_some() {
            return Err(CertificateError::SeveralHeaders);
        }
        let line = text(line)?;
        if line.trim().is_empty() {
            return Ok(None);
        }
        let mut presented = Self::from_header(line)?;
        if *name == CLIENT_CERT {
            for line in headers.get_all(CLIENT_CERT_CHAIN) {
                for der in byte_sequences(limited(text(line)?)?)? {
                    presented.add_issuer(der)?;
                }
            }
        }
        Ok(Some(presented))
    }

    /// Reads one header's value, in whichever of these forms it is:
    ///
    /// - `:…:`, the byte sequence of RFC 9440;
    /// - `Hash=…;Cert="…";Chain="…"`, Envoy's `x-forwarded-client-cert`;
    /// - PEM, percent-encoded (nginx `$ssl_client_escaped_cert`, AWS load balancers) or with its line breaks folded or
    ///   taken out (nginx `$ssl_client_cert`, the `clientCertPem` of an API Gateway event); further blocks are issuers;
    /// - base64 of DER without more (Azure `X-ARR-ClientCert`, HAProxy `ssl_c_der,base64`), or several separated by
    ///   commas, percent-encoded or not (Traefik).
    ///
    /// # Errors
    ///
    /// [`CertificateError`].
    pub fn from_header(value: &str) -> Result<Self, CertificateError> {
        let value = limited(value.trim())?;
        if value.starts_with(':') {
            return Self::from_chain(byte_sequences(value)?);
        }
        if forwarded::is_forwarded(value) {
            let Forwarded { certificate, chain } = forwarded::read(value)?;
            let chain = chain.map_or(Ok(Vec::new()), |chain| encoded_chain(&chain))?;
            let leaf = certificate.map_or(Ok(Vec::new()), |leaf| encoded_chain(&leaf))?;
            return Self::from_chain(leaf.into_iter().chain(chain).collect());
        }
        Self::from_chain(encoded_chain(value)?)
    }

    /// The first is the client's own certificate; a repetition of it is skipped.
    fn from_chain(chain: Vec<Vec<u8>>) -> Result<Self, CertificateError> {
        let mut chain = chain.into_iter();
        let leaf = chain.next().ok_or(CertificateError::NoCertificate)?;
        let mut presented = Self { leaf: certificate(leaf)?, issuers: Vec::new() };
        chain.try_for_each(|der| presented.add_issuer(der))?;
        Ok(presented)
    }

    fn add_issuer(&mut self, der: Vec<u8>) -> Result<(), CertificateError> {
        if self.leaf.der.as_ref() == der {
            return Ok(());
        }
        if self.issuers.len() + 1 >= MAX_CERTIFICATES {
            return Err(CertificateError::TooMany);
        }
        self.issuers.push(certificate(der)?);
        Ok(())
    }
}

impl fmt::Debug for PresentedCertificate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "PresentedCertificate(… and {} issuers)", self.issuers.len())
    }
}

impl From<CertificateError> for Refusal {
    fn from(_: CertificateError) -> Self {
        Self::forbidden(
            Reason::ClientCertificateInvalid,
            "Client certificate cannot be read. Access denied.",
        )
    }
}

fn certificate(der: Vec<u8>) -> Result<Certificate, CertificateError> {
    Certificate::from_der(der).map_err(|_| CertificateError::NotX509)
}

fn text(line: &HeaderValue) -> Result<&str, CertificateError> {
    line.to_str().map_err(|_| CertificateError::NotText)
}

fn limited(value: &str) -> Result<&str, CertificateError> {
    if value.len() > MAX_LENGTH { Err(CertificateError::TooLong) } else { Ok(value) }
}

/// Reads `:…:` or a list of them, as structured fields write byte sequences (RFC 9651 §3.3.5).
fn byte_sequences(value: &str) -> Result<Vec<Vec<u8>>, CertificateError> {
    let member = |member: &str| {
        let content = member.trim().strip_prefix(':').and_then(|rest| rest.strip_suffix(':'));
        content.and_then(pem::base64).ok_or(CertificateError::NotBase64)
    };
    value.split(',').map(member).collect()
}

/// Reads PEM, or base64 separated by commas, either percent-encoded or not. A plus sign is itself: it is a digit of
/// base64, and no proxy writes a space so.
fn encoded_chain(value: &str) -> Result<Vec<Vec<u8>>, CertificateError> {
    let decoded = percent_decode_str(value).decode_utf8().map_err(|_| CertificateError::NotText)?;
    if decoded.contains("-----") {
        return pem::blocks(&decoded, "CERTIFICATE").map_err(CertificateError::Pem);
    }
    let member = |member: &str| pem::base64(member).ok_or(CertificateError::NotBase64);
    decoded.split(',').map(member).collect()
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
    use proptest::prelude::*;
    use rcgen::{CertificateParams, DnType, KeyPair};

    use super::*;

    fn pem(name: &str) -> String {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.self_signed(&KeyPair::generate().unwrap()).unwrap().pem()
    }

    fn der(pem: &str) -> String {
        STANDARD.encode(pem::blocks(pem, "CERTIFICATE").unwrap().concat())
    }

    fn escaped(text: &str) -> String {
        utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
    }

    fn names(value: &str) -> Vec<String> {
        let presented = PresentedCertificate::from_header(value).unwrap();
        let all = std::iter::once(&presented.leaf).chain(&presented.issuers);
        all.map(|known| known.subject.common_name().unwrap().to_owned()).collect()
    }

    #[test]
    fn every_form_in_which_proxies_forward_a_certificate_is_read() {
        let (one, two) = (pem("one"), pem("two"));
        for value in [
            one.clone(),
            one.replace('\n', " "),
            one.replace('\n', "\t"),
            one.replace('\n', "\n\t"),
            one.replace('\n', ""),
            escaped(&one),
            format!(":{}:", der(&one)),
            der(&one),
            escaped(&der(&one)),
            format!("Hash=00;Cert=\"{}\";Subject=\"CN=one\"", escaped(&one)),
            format!("Cert={};Chain={}", escaped(&one), escaped(&one)),
        ] {
            assert_eq!(names(&value), ["one"], "{value}");
        }
        for value in [
            format!("{one}{two}"),
            escaped(&format!("{one}{two}")),
            format!("{},{}", der(&one), der(&two)),
            format!("Cert=\"{}\";Chain=\"{}\"", escaped(&one), escaped(&format!("{one}{two}"))),
            format!("chain=\"{}\"", escaped(&format!("{one}{two}"))),
        ] {
            assert_eq!(names(&value), ["one", "two"], "{value}");
        }
    }

    #[test]
    fn what_is_no_certificate_is_refused_with_what_is_wrong() {
        let one = pem("one");
        let base64 = der(&one);
        for (value, error) in [
            ("", CertificateError::NotBase64),
            ("garbage!", CertificateError::NotBase64),
            ("::", CertificateError::NotBase64),
            (":AQID", CertificateError::NotBase64),
            ("AQID,", CertificateError::NotBase64),
            ("AQID", CertificateError::NotX509),
            (":AQID:", CertificateError::NotX509),
            (&base64[..200], CertificateError::NotX509),
            ("%ff%fe", CertificateError::NotText),
            ("-----", CertificateError::Pem(PemError::NoBlock)),
            ("-----BEGIN CERTIFICATE-----", CertificateError::Pem(PemError::Unclosed)),
            ("-----BEGIN CERTIFICATE-----AQID-----END CERTIFICATE-----", CertificateError::NotX509),
            (
                "-----BEGIN TRUSTED CERTIFICATE-----AQID-----END TRUSTED CERTIFICATE-----",
                CertificateError::Pem(PemError::OtherKind { expected: "CERTIFICATE" }),
            ),
            ("Hash=00;Subject=\"CN=a\"", CertificateError::NoCertificate),
            ("Cert=A,Cert=B", CertificateError::SeveralElements),
            ("Cert=%2B", CertificateError::NotBase64),
        ] {
            assert_eq!(PresentedCertificate::from_header(value).unwrap_err(), error, "{value}");
        }
    }

    #[test]
    fn bytes_after_a_certificate_are_refused() {
        let bytes = STANDARD.decode(der(&pem("one"))).unwrap();
        let longer = STANDARD.encode([bytes.as_slice(), &[0]].concat());
        assert_eq!(
            PresentedCertificate::from_header(&longer).unwrap_err(),
            CertificateError::NotX509
        );
    }

    #[test]
    fn length_and_number_are_limited() {
        let long = "A".repeat(MAX_LENGTH + 1);
        assert_eq!(
            PresentedCertificate::from_header(&long).unwrap_err(),
            CertificateError::TooLong
        );
        let bundle = |count: usize| (0..count).map(|n| pem(&n.to_string())).collect::<String>();
        assert_eq!(names(&bundle(MAX_CERTIFICATES)).len(), MAX_CERTIFICATES);
        assert_eq!(
            PresentedCertificate::from_header(&bundle(MAX_CERTIFICATES + 1)).unwrap_err(),
            CertificateError::TooMany
        );
    }

    fn from_headers(lines: &[(HeaderName, &str)]) -> Result<Option<usize>, CertificateError> {
        let headers = lines
            .iter()
            .map(|(name, value)| (name.clone(), HeaderValue::from_str(value).unwrap()))
            .collect();
        let presented = PresentedCertificate::from_headers(&headers, &lines[0].0)?;
        Ok(presented.map(|presented| presented.issuers.len()))
    }

    #[test]
    fn a_blank_header_is_no_certificate_and_two_are_an_error() {
        let name = HeaderName::from_static("x-client-cert");
        let value = der(&pem("one"));
        let header = |value| (name.clone(), value);
        assert_eq!(from_headers(&[header("")]), Ok(None));
        assert_eq!(from_headers(&[header(&value)]), Ok(Some(0)));
        let absent = PresentedCertificate::from_headers(&HeaderMap::new(), &name);
        assert!(matches!(absent, Ok(None)));
        for second in ["", &value] {
            assert_eq!(
                from_headers(&[header(&value), header(second)]),
                Err(CertificateError::SeveralHeaders)
            );
        }
    }

    #[test]
    fn client_cert_comes_with_client_cert_chain() {
        let [one, two, three] =
            ["one", "two", "three"].map(|name| format!(":{}:", der(&pem(name))));
        let both = format!("{two}, {three}");
        assert_eq!(from_headers(&[(CLIENT_CERT, &one), (CLIENT_CERT_CHAIN, &both)]), Ok(Some(2)));
        assert_eq!(
            from_headers(&[(CLIENT_CERT, &one), (CLIENT_CERT_CHAIN, "x")]),
            Err(CertificateError::NotBase64)
        );
    }

    proptest! {
        #[test]
        fn no_header_makes_the_reader_panic(value in ".{0,200}") {
            let _ = PresentedCertificate::from_header(&value);
        }

        #[test]
        fn no_header_of_the_right_words_makes_the_reader_panic(
            value in "((Cert|Chain|Hash)=|\"|;|,|:|%2[0-9A-F]|-----(BEGIN|END) CERTIFICATE-----|[A-Za-z0-9+/=]{1,8}){0,12}"
        ) {
            let _ = PresentedCertificate::from_header(&value);
        }

        #[test]
        fn no_bytes_make_the_certificate_reader_panic(
            at in 0_usize..300, byte: u8, length in 0_usize..400
        ) {
            static GOOD: std::sync::LazyLock<Vec<u8>> =
                std::sync::LazyLock::new(|| STANDARD.decode(der(&pem("one"))).unwrap());
            let mut bytes = GOOD.clone();
            if let Some(place) = bytes.get_mut(at) {
                *place = byte;
            }
            bytes.truncate(length);
            let _ = PresentedCertificate::from_header(&STANDARD.encode(bytes));
        }
    }
}
