use http::Uri;
use http::uri::{Authority, PathAndQuery, Scheme};
use percent_encoding::percent_decode_str;
use url::Url;

/// Where requests go: a scheme, a host, a port, and a path that they stay below.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destination {
    scheme: Scheme,
    authority: Authority,
    /// The path of the address, without a slash at its end.
    base: String,
}

/// Why a path is no path of a destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PathEscapes;

impl Destination {
    /// Takes an address apart; `None` when no request can be sent to it.
    #[must_use]
    pub fn of(url: &Url) -> Option<Self> {
        let parts = Uri::try_from(url.as_str()).ok()?.into_parts();
        let base = parts.path_and_query?.path().trim_end_matches('/').to_owned();
        Some(Self { scheme: parts.scheme?, authority: parts.authority?, base })
    }

    /// The scheme.
    #[must_use]
    pub const fn scheme(&self) -> &Scheme {
        &self.scheme
    }

    /// The host, and the port where the address names one.
    #[must_use]
    pub const fn authority(&self) -> &Authority {
        &self.authority
    }

    /// The path below which every other is, without a slash at its end.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.base
    }

    /// The address of `path` under the destination's, with a query if that is not empty.
    ///
    /// `path` is empty or begins with `/`, and is kept as it is.
    ///
    /// # Errors
    ///
    /// [`PathEscapes`] when the path [`escapes`]: it would lead out of the destination's.
    pub fn join(&self, path: &str, query: &str) -> Result<Uri, PathEscapes> {
        if escapes(path) {
            return Err(PathEscapes);
        }
        let slash = if path.is_empty() && self.base.is_empty() { "/" } else { "" };
        let mark = if query.is_empty() { "" } else { "?" };
        let target = [&self.base, slash, path, mark, query].concat();
        let mut parts = http::uri::Parts::default();
        parts.scheme = Some(self.scheme.clone());
        parts.authority = Some(self.authority.clone());
        // It came out of an address, so it fits into one.
        parts.path_and_query = Some(PathAndQuery::try_from(target).map_err(|_| PathEscapes)?);
        Uri::from_parts(parts).map_err(|_| PathEscapes)
    }
}

/// Whether a segment of the path is `.` or `..`, also percent-encoded or with encoded slashes around.
#[must_use]
pub fn escapes(path: &str) -> bool {
    if !path.contains("/.") && !path.contains(['%', '\\']) {
        return false;
    }
    let decoded: Vec<u8> = percent_decode_str(path).collect();
    let mut segments = decoded.split(|byte| matches!(byte, b'/' | b'\\'));
    segments.any(|segment| {
        // A path parameter behind the dots does not make them harmless everywhere.
        let name = segment.split(|byte| *byte == b';').next();
        matches!(name, Some(b"." | b".."))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(base: &str, path: &str, query: &str) -> Result<String, PathEscapes> {
        let destination = Destination::of(&Url::parse(base).unwrap()).unwrap();
        destination.join(path, query).map(|uri| uri.to_string())
    }

    #[test]
    fn a_path_is_appended_to_the_backends_and_kept_as_it_is() {
        for (base, path, query, expected) in [
            ("https://orders.example", "", "", "https://orders.example/"),
            ("https://orders.example/", "/", "", "https://orders.example/"),
            ("https://orders.example/v1", "", "", "https://orders.example/v1"),
            ("https://orders.example/v1/", "", "", "https://orders.example/v1"),
            (
                "https://orders.example/v1/",
                "/a%2Fb/c",
                "q=1",
                "https://orders.example/v1/a%2Fb/c?q=1",
            ),
            ("http://orders.example:8080/v1", "/", "q", "http://orders.example:8080/v1/?q"),
            ("http://[::1]:8080", "//a", "", "http://[::1]:8080//a"),
            (
                "http://a.example",
                "/.well-known/x..y/...",
                "",
                "http://a.example/.well-known/x..y/...",
            ),
        ] {
            assert_eq!(joined(base, path, query).as_deref(), Ok(expected), "{base} {path}");
        }
    }

    #[test]
    fn a_path_that_leads_out_of_the_backends_is_refused() {
        for path in [
            "/..",
            "/../a",
            "/a/..",
            "/a/../b",
            "/.",
            "/a/./b",
            "/%2e%2e",
            "/%2E%2e/a",
            "/.%2e",
            "/%2e",
            "/a%2f..%2fb",
            "/..%2fa",
            "/a/..%5c",
            "/a\\..",
            "/..;x=1/a",
            "/%2e%2e;/a",
        ] {
            assert_eq!(joined("https://a.example/v1", path, ""), Err(PathEscapes), "{path}");
        }
    }
}
