use std::net::SocketAddr;

use http::header::{HOST, HeaderName};
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{HeaderMap, HeaderValue, Uri};

use crate::route::Route;

const PATH_INFO: HeaderName = HeaderName::from_static("spin-path-info");
const FULL_URL: HeaderName = HeaderName::from_static("spin-full-url");
const MATCHED_ROUTE: HeaderName = HeaderName::from_static("spin-matched-route");
const BASE_PATH: HeaderName = HeaderName::from_static("spin-base-path");
const RAW_COMPONENT_ROUTE: HeaderName = HeaderName::from_static("spin-raw-component-route");
const COMPONENT_ROUTE: HeaderName = HeaderName::from_static("spin-component-route");
const CLIENT_ADDR: HeaderName = HeaderName::from_static("spin-client-addr");

/// Which of Spin's headers a guest is given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SpinHeaders {
    /// `spin-path-info` and `spin-client-addr`: what the request does not say itself.
    ///
    /// Each header costs an empty handler about a microsecond, most of it in the guest.
    #[default]
    Few,
    /// Also `spin-full-url`, `spin-matched-route`, `spin-base-path`, `spin-component-route` and `spin-raw-component-route`.
    All,
}

/// The values that all requests of one route share.
#[derive(Clone, Debug)]
pub(crate) struct RouteHeaders {
    route: HeaderValue,
    prefix: HeaderValue,
    which: SpinHeaders,
}

impl RouteHeaders {
    /// `None` when the route is not text that a header can carry.
    pub(crate) fn new(route: &Route, which: SpinHeaders) -> Option<Self> {
        Some(Self {
            route: HeaderValue::try_from(route.to_string()).ok()?,
            prefix: HeaderValue::try_from(route.prefix()).ok()?,
            which,
        })
    }

    /// Tells the guest what Spin tells it, and drops whatever the caller sent under such a name.
    ///
    /// `uri` is the absolute address of the request, `path_info` what follows the route's prefix in it.
    pub(crate) fn set(
        &self,
        headers: &mut HeaderMap,
        uri: &Uri,
        path_info: &str,
        client: &HeaderValue,
    ) {
        drop_all(headers);
        // A part of an address that was parsed is always a header's value.
        if let Ok(path_info) = HeaderValue::try_from(path_info) {
            headers.insert(PATH_INFO, path_info);
        }
        headers.insert(CLIENT_ADDR, client.clone());
        match self.which {
            SpinHeaders::Few => {}
            SpinHeaders::All => {
                if let Ok(uri) = HeaderValue::try_from(uri.to_string()) {
                    headers.insert(FULL_URL, uri);
                }
                headers.insert(MATCHED_ROUTE, self.route.clone());
                headers.insert(COMPONENT_ROUTE, self.prefix.clone());
                headers.insert(BASE_PATH, HeaderValue::from_static("/"));
                headers.insert(RAW_COMPONENT_ROUTE, self.route.clone());
            }
        }
    }
}

fn drop_all(headers: &mut HeaderMap) {
    while let Some(name) = headers.keys().find(|name| name.as_str().starts_with("spin-")).cloned() {
        headers.remove(name);
    }
}

/// The client's address as the guest is told it.
pub(crate) fn client(address: SocketAddr) -> HeaderValue {
    // An address is digits, dots, colons and brackets.
    HeaderValue::try_from(address.to_string()).unwrap_or(HeaderValue::from_static("unknown"))
}

/// The absolute address of a request: its own authority, or that of its `Host` header, or `default`.
///
/// `None` when the request's path cannot stand in an address, as in `OPTIONS *`, or its `Host` header is no host.
pub(crate) fn absolute(uri: &Uri, headers: &HeaderMap, default: &Authority) -> Option<Uri> {
    let authority = match (uri.authority(), headers.get(HOST)) {
        (Some(authority), _) => authority.clone(),
        (None, Some(host)) if !host.is_empty() => Authority::try_from(host.as_bytes()).ok()?,
        (None, _) => default.clone(),
    };
    if authority.as_str().contains('@') {
        return None;
    }
    let path = uri.path_and_query().cloned().unwrap_or(PathAndQuery::from_static("/"));
    if !path.as_str().starts_with('/') {
        return None;
    }
    let mut parts = http::uri::Parts::default();
    parts.scheme = Some(Scheme::HTTP);
    parts.authority = Some(authority);
    parts.path_and_query = Some(path);
    Uri::from_parts(parts).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(route: &str, path_info: &str, sent: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in sent {
            headers.append(*name, HeaderValue::from_static(value));
        }
        let uri = "http://localhost:3000/jobs/a?b=c".parse().unwrap();
        let client = client("127.0.0.1:4711".parse().unwrap());
        RouteHeaders::new(&Route::parse(route).unwrap(), SpinHeaders::All).unwrap().set(
            &mut headers,
            &uri,
            path_info,
            &client,
        );
        headers
    }

    #[test]
    fn a_guest_is_told_what_spin_tells_it() {
        let headers = told("/jobs/...", "/a", &[("accept", "*/*")]);
        for (name, value) in [
            ("spin-path-info", "/a"),
            ("spin-full-url", "http://localhost:3000/jobs/a?b=c"),
            ("spin-matched-route", "/jobs/..."),
            ("spin-base-path", "/"),
            ("spin-raw-component-route", "/jobs/..."),
            ("spin-component-route", "/jobs"),
            ("spin-client-addr", "127.0.0.1:4711"),
            ("accept", "*/*"),
        ] {
            assert_eq!(headers[name], value, "{name}");
        }
    }

    #[test]
    fn a_caller_cannot_send_what_the_host_tells() {
        let headers = told(
            "/jobs",
            "",
            &[
                ("spin-component-route", "/evil"),
                ("spin-component-route", "/evil2"),
                ("spin-path-match-user", "evil"),
            ],
        );
        assert_eq!(headers.get_all("spin-component-route").iter().count(), 1);
        assert_eq!(headers["spin-component-route"], "/jobs");
        assert!(!headers.contains_key("spin-path-match-user"));
    }

    #[test]
    fn the_host_header_makes_the_address_absolute() {
        let default = Authority::from_static("127.0.0.1:3000");
        let absolute = |uri: &str, host: Option<&'static str>| {
            let mut headers = HeaderMap::new();
            if let Some(host) = host {
                headers.insert(HOST, HeaderValue::from_static(host));
            }
            absolute(&uri.parse().unwrap(), &headers, &default).map(|uri| uri.to_string())
        };
        assert_eq!(absolute("/a?b", Some("h:1")).as_deref(), Some("http://h:1/a?b"));
        assert_eq!(absolute("/a", None).as_deref(), Some("http://127.0.0.1:3000/a"));
        assert_eq!(absolute("http://x/a", Some("y")).as_deref(), Some("http://x/a"));
        assert_eq!(absolute("/a", Some("a b")), None);
        assert_eq!(absolute("/a", Some("user@h")), None);
        assert_eq!(absolute("*", Some("h")), None);
    }
}
