use std::net::IpAddr;

use url::{Host, Url};

/// Whether keys may be fetched from this address: over `https`, or over `http` from this machine itself.
pub(crate) fn is_secure(url: &Url) -> bool {
    match url.scheme() {
        "https" => true,
        "http" => match url.host() {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(address)) => IpAddr::V4(address).is_loopback(),
            Some(Host::Ipv6(address)) => IpAddr::V6(address).is_loopback(),
            None => false,
        },
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_is_for_loopback_alone() {
        for (url, secure) in [
            ("https://issuer.example/keys", true),
            ("http://127.0.0.1:3001/keys", true),
            ("http://[::1]:3001/keys", true),
            ("http://localhost:3001/keys", true),
            ("http://issuer.example/keys", false),
            ("http://localhost.example/keys", false),
            ("http://10.0.0.1/keys", false),
            ("file:///keys", false),
        ] {
            assert_eq!(is_secure(&Url::parse(url).unwrap()), secure, "{url}");
        }
    }
}
