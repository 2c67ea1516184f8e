use std::net::IpAddr;

use http::uri::Scheme;
use http::{HeaderMap, HeaderName, HeaderValue};

const FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// Tells the backend who asked, and for what address.
///
/// `client` is appended to `X-Forwarded-For`: what the caller sent stays before it, and only the last is vouched for.
/// `X-Forwarded-Host` and `X-Forwarded-Proto` are set.
pub(crate) fn set_forwarded(
    headers: &mut HeaderMap,
    client: Option<IpAddr>,
    host: Option<HeaderValue>,
    scheme: Option<&Scheme>,
) {
    if let Some(client) = client {
        let before = headers.get_all(FOR).iter().filter_map(|value| value.to_str().ok());
        let mut addresses: Vec<String> = before.map(str::to_owned).collect();
        addresses.push(client.to_string());
        if let Ok(value) = HeaderValue::try_from(addresses.join(", ")) {
            headers.insert(FOR, value);
        }
    }
    match host {
        Some(host) => drop(headers.insert(HOST, host)),
        None => drop(headers.remove(HOST)),
    }
    let scheme = if scheme == Some(&Scheme::HTTPS) { "https" } else { "http" };
    headers.insert(PROTO, HeaderValue::from_static(scheme));
}
