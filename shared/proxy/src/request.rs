use headgate_core::{ClientAddress, TraceContext};
use http::header::{CONTENT_LENGTH, EXPECT, HOST, TRANSFER_ENCODING, UPGRADE};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method};

use crate::forwarded;
use crate::hop_by_hop::{connection_options, remove_hop_by_hop};

/// Whether the caller wants another protocol on this connection, or a tunnel.
#[must_use]
pub fn wants_upgrade(parts: &Parts) -> bool {
    let is_upgrade = |option: &str| option.eq_ignore_ascii_case("upgrade");
    parts.method == Method::CONNECT
        || (parts.headers.contains_key(UPGRADE)
            && connection_options(&parts.headers).any(is_upgrade))
}

/// Whether a request has content. A component is shown a stream whether there is content or not, and a backend would be
/// sent one: so a GET or HEAD has content when a header says so, and every other method may have (RFC 9112 §6).
#[must_use]
pub fn has_content(parts: &Parts) -> bool {
    !matches!(parts.method, Method::GET | Method::HEAD)
        || parts.headers.contains_key(CONTENT_LENGTH)
        || parts.headers.contains_key(TRANSFER_ENCODING)
}

/// The headers of a request that are not for this host alone: without those of the connection, of the host (`spin-…`), `Host`,
/// and `Expect`, which the host has met; with the request's own place in its trace.
#[must_use]
pub fn end_to_end_headers(parts: &Parts) -> HeaderMap {
    let mut headers = parts.headers.clone();
    remove_hop_by_hop(&mut headers);
    remove_hosts_own(&mut headers);
    headers.remove(HOST);
    headers.remove(EXPECT);
    if let Some(trace) = parts.extensions.get::<TraceContext>() {
        // Without the trace that it belongs to, the caller's state says nothing.
        if !trace.continues(&parts.headers) {
            headers.remove("tracestate");
        }
        trace.inject(&mut headers);
    }
    headers
}

/// The same with `X-Forwarded-…`, which tell a backend who asked and for what host.
#[must_use]
pub fn forwarded_headers(parts: &Parts) -> HeaderMap {
    let mut headers = end_to_end_headers(parts);
    let client = parts.extensions.get::<ClientAddress>().map(|ClientAddress(address)| *address);
    let named = || HeaderValue::try_from(parts.uri.authority()?.as_str()).ok();
    let host = parts.headers.get(HOST).cloned().or_else(named);
    forwarded::set_forwarded(&mut headers, client, host, parts.uri.scheme());
    headers
}

/// Spin tells a component about its request in headers of its own.
fn remove_hosts_own(headers: &mut HeaderMap) {
    let own: Vec<HeaderName> =
        headers.keys().filter(|name| name.as_str().starts_with("spin-")).cloned().collect();
    for name in own {
        headers.remove(name);
    }
}
