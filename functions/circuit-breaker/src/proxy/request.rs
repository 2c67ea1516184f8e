use headgate_core::{Body, ClientAddress, TraceContext};
use http::header::{CONTENT_LENGTH, EXPECT, HOST, TRANSFER_ENCODING, UPGRADE};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request};

use super::destination::{Destination, PathEscapes};
use super::hop_by_hop::{connection_options, remove_hop_by_hop};
use super::{cookies, forwarded, query};
use crate::backends::{Credentials, SessionAffinity};

/// How a request goes on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Forwarding<'a> {
    /// Where the backend is.
    pub(crate) destination: &'a Destination,
    /// What the backend asks for.
    pub(crate) credentials: &'a Credentials,
    /// The pool's cookie, which is not for the backend.
    pub(crate) affinity: Option<&'a SessionAffinity>,
    /// What follows the backend's name in the caller's path.
    pub(crate) path: &'a str,
}

impl SessionAffinity {
    /// The affinity cookie's value in a request.
    pub(crate) fn value_in(&self, headers: &HeaderMap) -> Option<String> {
        cookies::find(headers, |header| self.find(header))
    }
}

/// Whether the caller wants another protocol on this connection, or a tunnel.
pub(crate) fn wants_upgrade(parts: &Parts) -> bool {
    let is_upgrade = |option: &str| option.eq_ignore_ascii_case("upgrade");
    parts.method == Method::CONNECT
        || (parts.headers.contains_key(UPGRADE)
            && connection_options(&parts.headers).any(is_upgrade))
}

/// Makes the backend's request of the caller's.
///
/// Headers of the connection, of the host (`spin-…`) and `Expect`, which the host has met, are removed; `X-Forwarded-…` and
/// `traceparent` are set; credentials go in the place of the caller's headers and query parameters of the same names. The
/// host is the backend's.
///
/// # Errors
///
/// [`PathEscapes`] as [`Destination::join`].
pub(crate) fn backend_request(
    parts: &Parts,
    body: Body,
    forwarding: Forwarding<'_>,
) -> Result<Request<Body>, PathEscapes> {
    let Forwarding { destination, credentials, affinity, path } = forwarding;
    let query = query::with_credentials(parts.uri.query().unwrap_or_default(), &credentials.query);
    let uri = destination.join(path, &query)?;
    let mut headers = parts.headers.clone();
    remove_hop_by_hop(&mut headers);
    remove_hosts_own(&mut headers);
    if let Some(affinity) = affinity {
        cookies::remove(&mut headers, &affinity.cookie);
    }
    let client = parts.extensions.get::<ClientAddress>().map(|ClientAddress(address)| *address);
    let named = parts.uri.authority().and_then(|name| HeaderValue::try_from(name.as_str()).ok());
    let host = headers.remove(HOST).or(named);
    headers.remove(EXPECT);
    forwarded::set_forwarded(&mut headers, client, host, parts.uri.scheme());
    if let Some(trace) = parts.extensions.get::<TraceContext>() {
        trace.inject(&mut headers);
    }
    for (name, _) in &credentials.headers {
        headers.remove(name);
    }
    for (name, value) in &credentials.headers {
        headers.append(name, value.clone());
    }
    let mut request = Request::new(if has_content(parts) { body } else { Body::empty() });
    *request.method_mut() = parts.method.clone();
    *request.uri_mut() = uri;
    *request.headers_mut() = headers;
    Ok(request)
}

/// Whether a request has content. A component is shown a stream whether there is content or not, and a backend would be
/// sent one: so a GET or HEAD has content when a header says so, and every other method may have (RFC 9112 §6).
fn has_content(parts: &Parts) -> bool {
    !matches!(parts.method, Method::GET | Method::HEAD)
        || parts.headers.contains_key(CONTENT_LENGTH)
        || parts.headers.contains_key(TRANSFER_ENCODING)
}

/// Spin tells a component about its request in headers of its own.
fn remove_hosts_own(headers: &mut HeaderMap) {
    let own: Vec<HeaderName> =
        headers.keys().filter(|name| name.as_str().starts_with("spin-")).cloned().collect();
    for name in own {
        headers.remove(name);
    }
}
