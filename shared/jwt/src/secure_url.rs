//! Addresses that keys may be fetched from.

use std::fmt;
use std::net::IpAddr;

use http::Uri;

/// An address that keys may be fetched from: `https`, or `http` of this machine itself, without user, password and
/// fragment.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SecureUrl(Uri);

/// Why a text is not such an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UrlFault {
    /// It is no absolute address of `https` or `http`.
    NotUrl,
    /// It is plain `http` to another machine.
    NotSecure,
    /// It has a user, a password or a fragment.
    Parts,
}

impl SecureUrl {
    /// Reads an address.
    ///
    /// # Errors
    ///
    /// A [`UrlFault`], which shows nothing of the text.
    pub fn parse(text: &str) -> Result<Self, UrlFault> {
        // Uri leaves a fragment out without a word.
        let (address, has_fragment) = match text.split_once('#') {
            Some((address, _)) => (address, true),
            None => (text, false),
        };
        let uri: Uri = address.parse().map_err(|_| UrlFault::NotUrl)?;
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err(UrlFault::NotUrl);
        };
        let host = authority.host();
        let names_port = authority.as_str().rsplit('@').next() != Some(host);
        if host.is_empty() || (names_port && authority.port().is_none()) || !address.is_ascii() {
            return Err(UrlFault::NotUrl);
        }
        match scheme {
            "https" => {}
            "http" if is_loopback(host) => {}
            "http" => return Err(UrlFault::NotSecure),
            _ => return Err(UrlFault::NotUrl),
        }
        if has_fragment || authority.as_str().contains('@') {
            return Err(UrlFault::Parts);
        }
        Ok(Self(uri))
    }

    /// The address as requests take it.
    #[must_use]
    pub const fn uri(&self) -> &Uri {
        &self.0
    }
}

impl fmt::Display for SecureUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || address.parse().is_ok_and(|address: IpAddr| address.is_loopback())
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
            ("http://LOCALHOST:3001/keys", true),
            ("http://issuer.example/keys", false),
            ("http://localhost.example/keys", false),
            ("http://10.0.0.1/keys", false),
        ] {
            let expected = if secure { Ok(()) } else { Err(UrlFault::NotSecure) };
            assert_eq!(SecureUrl::parse(url).map(drop), expected, "{url}");
        }
    }

    #[test]
    fn what_is_no_address_of_a_host_is_refused() {
        for url in [
            "",
            "/keys",
            "issuer.example",
            "https:",
            "https:issuer.example",
            "https:///keys",
            "https://",
            "ftp://issuer.example",
            "file:///keys",
            "https://issuer.example:",
            "https://issuer.example:99999/",
            "https://issuer.example/a b",
            "https://b\u{fc}cher.example/",
            "https://issuer.example/\u{fc}",
            "https://[::1/",
        ] {
            assert_eq!(SecureUrl::parse(url), Err(UrlFault::NotUrl), "{url}");
        }
        for url in
            ["https://me@issuer.example", "https://:p@issuer.example", "https://issuer.example/#a"]
        {
            assert_eq!(SecureUrl::parse(url), Err(UrlFault::Parts), "{url}");
        }
    }
}
