use crate::policy::error::{PolicyError, PolicyErrorKind};
use crate::policy::node::Attribute;
use crate::secure_url::{SecureUrl, UrlFault};

/// An absolute `https` address without user, password and fragment; `http` for loopback hosts alone.
pub(super) fn read(found: &Attribute, attribute: &'static str) -> Result<SecureUrl, PolicyError> {
    parse(&found.value, attribute).map_err(|kind| kind.at(found.position))
}

pub(super) fn parse(text: &str, attribute: &'static str) -> Result<SecureUrl, PolicyErrorKind> {
    SecureUrl::parse(text).map_err(|fault| match fault {
        UrlFault::NotUrl => PolicyErrorKind::NotUrl { attribute },
        UrlFault::NotSecure => PolicyErrorKind::NotSecure { attribute },
        UrlFault::Parts => PolicyErrorKind::UrlParts { attribute },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_is_for_loopback_hosts_alone() {
        for loopback in
            ["http://127.0.0.1:1/a", "http://127.9.9.9", "http://[::1]", "http://localhost:8"]
        {
            assert!(parse(loopback, "url").is_ok(), "{loopback}");
        }
        for other in ["http://login.example", "http://localhost.example", "http://128.0.0.1"] {
            assert_eq!(
                parse(other, "url"),
                Err(PolicyErrorKind::NotSecure { attribute: "url" }),
                "{other}"
            );
        }
    }

    #[test]
    fn what_is_not_an_address_of_a_host_is_refused() {
        for other in
            ["", "login.example", "/path", "ftp://a.example", "file:///etc/passwd", "https:"]
        {
            assert_eq!(
                parse(other, "url"),
                Err(PolicyErrorKind::NotUrl { attribute: "url" }),
                "{other}"
            );
        }
        for other in ["https://me@a.example", "https://a.example/#b", "https://:p@a.example"] {
            assert_eq!(
                parse(other, "url"),
                Err(PolicyErrorKind::UrlParts { attribute: "url" }),
                "{other}"
            );
        }
    }
}
