//! Where a request says who calls.

use std::net::IpAddr;

use headgate_core::{ClientAddress, ClientCertificate, TraceContext};
use http::header::HOST;
use http::request::Parts;
use http::{HeaderName, HeaderValue};

use crate::facts::{CertificateSource, Facts};

const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");

/// The headers in which the proxy in front hands on who calls. By default there is none, and the connection and the
/// platform say it.
#[derive(Clone, Debug, Default)]
pub struct Forwarding {
    /// The header that holds the caller's address; the last address in it counts.
    pub client_address: Option<HeaderName>,
    /// The header that holds the client certificate.
    pub client_certificate: Option<HeaderName>,
}

impl Forwarding {
    /// Takes what is known of a request from its head.
    #[must_use]
    pub fn facts<'a>(&'a self, parts: &'a Parts) -> Facts<'a> {
        let headers = &parts.headers;
        let text = |name: &HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
        let forwarded_host = text(&FORWARDED_HOST);
        Facts {
            headers,
            query: parts.uri.query(),
            host: forwarded_host
                .or_else(|| text(&HOST))
                .or_else(|| parts.uri.authority().map(http::uri::Authority::as_str)),
            path: parts.uri.path(),
            client: match &self.client_address {
                Some(name) => headers.get_all(name).iter().next_back().and_then(last_address),
                None => {
                    parts.extensions.get::<ClientAddress>().map(|ClientAddress(address)| *address)
                }
            },
            certificate: match &self.client_certificate {
                Some(name) => CertificateSource::Header(name),
                None => match parts.extensions.get::<ClientCertificate>() {
                    Some(ClientCertificate(pem)) => CertificateSource::Pem(pem),
                    None => CertificateSource::Nowhere,
                },
            },
            trace: parts.extensions.get::<TraceContext>().copied(),
        }
    }
}

/// The last address of a list as `X-Forwarded-For` is: the one that the nearest proxy added.
fn last_address(value: &HeaderValue) -> Option<IpAddr> {
    let last = value.to_str().ok()?.rsplit(',').next()?.trim();
    let unbracketed = last.trim_start_matches('[').split(']').next()?;
    let address = unbracketed.parse().ok();
    address.or_else(|| last.rsplit_once(':').and_then(|(address, _port)| address.parse().ok()))
}
