//! What is known of a request that is to be judged.

use std::borrow::Cow;
use std::net::IpAddr;

use headgate_core::TraceContext;
use http::{HeaderMap, HeaderName};
use percent_encoding::percent_decode_str;

use crate::conditions::client_certificate::{CertificateError, PresentedCertificate};

/// What is known of a request that is to be judged, however it reached this function.
#[derive(Debug)]
pub struct Facts<'a> {
    /// The original request's headers.
    pub headers: &'a HeaderMap,
    /// The original request's query, without the question mark.
    pub query: Option<&'a str>,
    /// The original request's host.
    pub host: Option<&'a str>,
    /// The original request's path.
    pub path: &'a str,
    /// Who connected.
    pub client: Option<IpAddr>,
    /// Where the client certificate is, if the TLS terminator handed it on.
    pub certificate: CertificateSource<'a>,
    /// The trace that calls made for this request belong to.
    pub trace: Option<TraceContext>,
}

/// Where a request's client certificate is.
#[derive(Clone, Copy, Debug)]
pub enum CertificateSource<'a> {
    /// Nobody hands one on.
    Nowhere,
    /// In this header of the request, in any form that proxies use.
    Header(&'a HeaderName),
    /// Here, in PEM, as the platform gives it.
    Pem(&'a str),
}

impl Facts<'_> {
    /// Reads the client certificate; `None` when there is none.
    ///
    /// # Errors
    ///
    /// [`CertificateError`] when what is there is not a certificate.
    pub fn certificate(&self) -> Result<Option<PresentedCertificate>, CertificateError> {
        match self.certificate {
            CertificateSource::Nowhere => Ok(None),
            CertificateSource::Header(name) => {
                PresentedCertificate::from_headers(self.headers, name)
            }
            CertificateSource::Pem(pem) => PresentedCertificate::from_header(pem).map(Some),
        }
    }

    /// The value of a query parameter; when it is given several times, the first, as API Management takes it.
    #[must_use]
    pub fn query_parameter(&self, name: &str) -> Option<Cow<'_, str>> {
        self.query?.split('&').find_map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            (form_decoded(key)? == name).then(|| form_decoded(value)).flatten()
        })
    }
}

/// Decodes `application/x-www-form-urlencoded`; `None` when it is not UTF-8.
#[must_use]
pub fn form_decoded(text: &str) -> Option<Cow<'_, str>> {
    if text.contains('+') {
        let spaced = text.replace('+', " ");
        return percent_decode_str(&spaced)
            .decode_utf8()
            .ok()
            .map(|decoded| Cow::Owned(decoded.into_owned()));
    }
    percent_decode_str(text).decode_utf8().ok()
}
