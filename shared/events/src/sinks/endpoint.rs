use std::fmt;
use std::net::IpAddr;

use http::Uri;

use crate::document::DocumentErrorKind;

/// An address that is called with events. Its path and query may hold a key, so `Debug` shows its host alone.
#[derive(Clone, PartialEq, Eq)]
pub struct Endpoint(Uri);

impl Endpoint {
    /// Takes an absolute address over `https`, or over `http` on this machine itself.
    ///
    /// # Errors
    ///
    /// [`DocumentErrorKind`], whose text continues a sentence that begins with a key.
    pub fn parse(text: &str) -> Result<Self, DocumentErrorKind> {
        let endpoint = Self::parse_internal(text)?;
        let is_secure = endpoint.0.scheme_str() == Some("https");
        let host = endpoint.0.host().unwrap_or_default();
        if is_secure || is_loopback(host) {
            Ok(endpoint)
        } else {
            Err(DocumentErrorKind::NotSecure)
        }
    }

    /// Takes an absolute address over `https` or `http`, as one has inside a cluster.
    ///
    /// # Errors
    ///
    /// [`DocumentErrorKind`], as above.
    pub fn parse_internal(text: &str) -> Result<Self, DocumentErrorKind> {
        let malformed = DocumentErrorKind::Malformed { expected: "an absolute https address" };
        let Ok(uri) = text.parse::<Uri>() else { return Err(malformed) };
        let Some(authority) = uri.authority() else { return Err(malformed) };
        if authority.as_str().contains('@') || text.contains('#') {
            return Err(DocumentErrorKind::UrlParts);
        }
        match uri.scheme_str() {
            Some("https" | "http") if !authority.host().is_empty() => Ok(Self(uri)),
            _ => Err(malformed),
        }
    }

    /// The address.
    #[must_use]
    pub const fn uri(&self) -> &Uri {
        &self.0
    }
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || address.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = self.0.scheme_str().unwrap_or_default();
        write!(formatter, "Endpoint({scheme}://{}/…)", self.0.host().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_absolute_and_secure() {
        for text in [
            "https://sink.example/events?code=1",
            "http://127.0.0.1:8080/",
            "http://[::1]/",
            "http://localhost:1",
        ] {
            assert!(Endpoint::parse(text).is_ok(), "{text}");
        }
        for text in [
            "",
            "/events",
            "sink.example",
            "ftp://sink.example/",
            "http://sink.example/",
            "http://localhost.example/",
            "http://10.0.0.1/",
            "https://user:password@sink.example/",
            "https://sink.example/#fragment",
            "https:///events",
            "https://sink.example/a b",
        ] {
            assert!(Endpoint::parse(text).is_err(), "{text}");
        }
        assert!(Endpoint::parse_internal("http://headgate:3000").is_ok());
        assert!(Endpoint::parse_internal("ftp://headgate:3000").is_err());
    }

    #[test]
    fn debug_shows_the_host_alone() {
        let endpoint = Endpoint::parse("https://sink.example/hunter2?code=hunter2").unwrap();
        assert_eq!(format!("{endpoint:?}"), "Endpoint(https://sink.example/…)");
    }
}
