use std::fmt;
use std::net::IpAddr;

use http::Uri;

/// Where a secret may be sent: over `https`, or over `http` to this machine itself. Without a slash at its end.
///
/// Its query may hold a key, so `Debug` shows the host alone.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Address(String);

/// Why an address is not taken. The text continues a sentence that begins with its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum AddressError {
    #[error("must be an absolute https address")]
    Malformed,
    #[error("must use https; http is for this machine alone")]
    NotSecure,
    #[error("may not hold a user, a password or a fragment")]
    Parts,
}

impl Address {
    pub(crate) fn parse(text: &str) -> Result<Self, AddressError> {
        Self::judged(text, |address| address.is_loopback())
    }

    /// Takes an address that the platform itself says: link-local ones are the machine's own too (contracts §6).
    pub(crate) fn of_platform(text: &str) -> Result<Self, AddressError> {
        Self::judged(text, |address| match address {
            IpAddr::V4(address) => address.is_loopback() || address.is_link_local(),
            IpAddr::V6(address) => address.is_loopback() || address.is_unicast_link_local(),
        })
    }

    fn judged(text: &str, is_own: impl Fn(IpAddr) -> bool) -> Result<Self, AddressError> {
        let uri: Uri = text.parse().map_err(|_| AddressError::Malformed)?;
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err(AddressError::Malformed);
        };
        if authority.as_str().contains('@') || text.contains('#') {
            return Err(AddressError::Parts);
        }
        let host = authority.host();
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let own = host.eq_ignore_ascii_case("localhost") || bare.parse().is_ok_and(is_own);
        match scheme {
            _ if host.is_empty() => Err(AddressError::Malformed),
            "https" => Ok(Self(text.trim_end_matches('/').to_owned())),
            "http" if own => Ok(Self(text.trim_end_matches('/').to_owned())),
            "http" => Err(AddressError::NotSecure),
            _ => Err(AddressError::Malformed),
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The address with parameters behind it.
    pub(crate) fn with_query(&self, query: &str) -> String {
        let joint = if self.0.contains('?') { '&' } else { '?' };
        format!("{}{joint}{query}", self.0)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let uri = self.0.parse::<Uri>().unwrap_or_default();
        write!(formatter, "Address({})", uri.host().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_secure_or_this_machines() {
        for text in
            ["https://login.example/", "http://127.0.0.1:1", "http://localhost", "http://[::1]:2"]
        {
            assert!(Address::parse(text).is_ok(), "{text}");
        }
        for (text, error) in [
            ("http://login.example", AddressError::NotSecure),
            ("http://169.254.169.254", AddressError::NotSecure),
            ("http://localhost.example", AddressError::NotSecure),
            ("https://user@login.example", AddressError::Parts),
            ("https://login.example/#a", AddressError::Parts),
            ("ftp://login.example", AddressError::Malformed),
            ("login.example", AddressError::Malformed),
            ("/path", AddressError::Malformed),
        ] {
            assert_eq!(Address::parse(text).unwrap_err(), error, "{text}");
        }
    }

    #[test]
    fn a_platforms_address_may_be_link_local() {
        assert!(Address::of_platform("http://169.254.130.2:8081/msi/token").is_ok());
        assert!(Address::of_platform("http://10.0.0.1/msi/token").is_err());
    }

    #[test]
    fn a_query_is_put_behind_another() {
        let at = |text| Address::parse(text).unwrap().with_query("a=b");
        assert_eq!(at("http://127.0.0.1/token/"), "http://127.0.0.1/token?a=b");
        assert_eq!(at("http://127.0.0.1/token?x=y"), "http://127.0.0.1/token?x=y&a=b");
        let address = Address::parse("https://a.example/?code=hunter2").unwrap();
        assert_eq!(format!("{address:?}"), "Address(a.example)");
    }
}
