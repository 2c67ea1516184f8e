use http::Uri;

/// The hosts that a component declared in `allowed_outbound_hosts`; every other one is refused.
///
/// An entry is `scheme://host[:port]` as Spin reads it: `*` stands for any scheme, host or port, `*.example.com` for any
/// subdomain, and a missing port for the scheme's own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct AllowedHosts(Vec<AllowedHost>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct AllowedHost {
    scheme: Option<String>,
    host: Host,
    port: Port,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Host {
    Any,
    SubdomainOf(String),
    Exactly(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Port {
    Any,
    Exactly(u16),
    /// The end is not part of it, as in Spin.
    Range(u16, u16),
}

/// Why an entry of `allowed_outbound_hosts` could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AllowedHostError {
    /// The entry has no scheme.
    #[error("{0:?} has no scheme: write scheme://host[:port]")]
    NoScheme(String),
    /// The entry has a path, a query or user information.
    #[error("{0:?} must be scheme://host[:port] and nothing else")]
    NotAnOrigin(String),
    /// The entry has `*` somewhere else than as the whole host or the first label.
    #[error("{0:?} has a wildcard within its host: only * and *.domain are known")]
    Wildcard(String),
    /// The port is no number.
    #[error("{0:?} has a port that is neither a number, a range a..b nor *")]
    Port(String),
    /// The scheme has no port of its own, and the entry gives none.
    #[error("{0:?} needs a port: its scheme has none of its own")]
    NoPort(String),
    /// The entry uses a form that this host does not serve.
    #[error("{0:?} is a form this host does not serve")]
    Unsupported(String),
}

impl AllowedHosts {
    /// Reads the entries.
    pub(crate) fn parse<S: AsRef<str>>(entries: &[S]) -> Result<Self, AllowedHostError> {
        entries
            .iter()
            .map(|entry| AllowedHost::parse(entry.as_ref()))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Judges whether a request may go to `uri`, which must have a scheme and a host.
    pub(crate) fn allow(&self, uri: &Uri) -> bool {
        let (Some(scheme), Some(host)) = (uri.scheme_str(), uri.host()) else {
            return false;
        };
        let Some(port) = uri.port_u16().or_else(|| own_port(scheme)) else {
            return false;
        };
        self.allow_origin(scheme, host, port)
    }

    /// Judges whether a connection may go to `host`; an IPv6 address may stand in brackets or without.
    pub(crate) fn allow_origin(&self, scheme: &str, host: &str, port: u16) -> bool {
        let mut host = host.to_ascii_lowercase();
        if host.contains(':') && !host.starts_with('[') {
            host = format!("[{host}]");
        }
        self.0.iter().any(|allowed| allowed.covers(scheme, &host, port))
    }
}

impl AllowedHost {
    fn parse(entry: &str) -> Result<Self, AllowedHostError> {
        let text = entry.trim();
        let (scheme, rest) =
            text.split_once("://").ok_or_else(|| AllowedHostError::NoScheme(entry.to_owned()))?;
        let any_scheme = scheme == "*";
        if !any_scheme && (scheme.is_empty() || !scheme.chars().all(|c| c.is_ascii_alphabetic())) {
            return Err(AllowedHostError::Unsupported(entry.to_owned()));
        }
        let origin = rest.strip_suffix('/').unwrap_or(rest);
        if origin.contains(['/', '?', '#', '@']) {
            return Err(AllowedHostError::NotAnOrigin(entry.to_owned()));
        }
        // An IPv6 address stands in brackets and has colons of its own.
        let (host, port) = match origin.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
            _ => (origin, None),
        };
        let scheme = scheme.to_ascii_lowercase();
        let port = match port {
            None => Port::Exactly(
                own_port(&scheme).ok_or_else(|| AllowedHostError::NoPort(entry.to_owned()))?,
            ),
            Some(port) => {
                Port::parse(port).ok_or_else(|| AllowedHostError::Port(entry.to_owned()))?
            }
        };
        Ok(Self { scheme: (!any_scheme).then_some(scheme), host: Host::parse(host, entry)?, port })
    }

    fn covers(&self, scheme: &str, host: &str, port: u16) -> bool {
        self.scheme.as_ref().is_none_or(|allowed| allowed == scheme)
            && self.host.covers(host)
            && self.port.covers(port)
    }
}

impl Host {
    fn parse(host: &str, entry: &str) -> Result<Self, AllowedHostError> {
        let host = host.to_ascii_lowercase();
        if host == "*" {
            return Ok(Self::Any);
        }
        // `self` is the application itself, `{…}` a list: neither is a host to connect to.
        if host.is_empty() || host == "self" || host == "self.alt" || host.contains(['{', '}']) {
            return Err(AllowedHostError::Unsupported(entry.to_owned()));
        }
        let (subdomain, domain) = match host.strip_prefix("*.") {
            Some(domain) => (true, domain),
            None => (false, host.as_str()),
        };
        if domain.contains('*') {
            return Err(AllowedHostError::Wildcard(entry.to_owned()));
        }
        Ok(if subdomain { Self::SubdomainOf(format!(".{domain}")) } else { Self::Exactly(host) })
    }

    fn covers(&self, host: &str) -> bool {
        match self {
            Self::Any => true,
            Self::SubdomainOf(suffix) => host.ends_with(suffix),
            Self::Exactly(allowed) => allowed == host,
        }
    }
}

impl Port {
    fn parse(port: &str) -> Option<Self> {
        if port == "*" {
            return Some(Self::Any);
        }
        match port.split_once("..") {
            Some((start, end)) => Some(Self::Range(start.parse().ok()?, end.parse().ok()?)),
            None => port.parse().ok().map(Self::Exactly),
        }
    }

    fn covers(&self, port: u16) -> bool {
        match self {
            Self::Any => true,
            Self::Exactly(allowed) => *allowed == port,
            Self::Range(start, end) => (*start..*end).contains(&port),
        }
    }
}

fn own_port(scheme: &str) -> Option<u16> {
    match scheme {
        "http" => Some(80),
        "https" => Some(443),
        "redis" => Some(6379),
        "postgres" => Some(5432),
        "mysql" => Some(3306),
        "mqtt" => Some(1883),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(entry: &str, uri: &str) -> bool {
        AllowedHosts::parse(&[entry]).unwrap().allow(&uri.parse().unwrap())
    }

    #[test]
    fn a_component_that_declares_nothing_may_call_nobody() {
        assert!(!AllowedHosts::default().allow(&"https://example.com/".parse().unwrap()));
    }

    #[test]
    fn scheme_host_and_port_must_all_be_declared() {
        let entry = "https://login.example.com";
        for uri in ["https://login.example.com/a?b", "https://LOGIN.example.com:443/"] {
            assert!(allows(entry, uri), "{uri}");
        }
        for uri in [
            "http://login.example.com/",
            "https://login.example.com:8443/",
            "https://example.com/",
            "https://a.login.example.com/",
            "https://login.example.com.evil.test/",
            "https://login.example.com@evil.test/",
        ] {
            assert!(!allows(entry, uri), "{uri}");
        }
    }

    #[test]
    fn wildcards_stand_for_any_port_subdomain_host_or_scheme() {
        for (entry, uri, allowed) in [
            ("http://127.0.0.1:*", "http://127.0.0.1:4711/", true),
            ("http://127.0.0.1:*", "http://127.0.0.2:4711/", false),
            ("https://*.example.com", "https://a.b.example.com/", true),
            ("https://*.example.com", "https://example.com/", false),
            ("https://*.example.com", "https://badexample.com/", false),
            ("https://*", "https://anything.test/", true),
            ("https://*", "https://anything.test:444/", false),
            ("*://*:*", "http://anything.test:1/", true),
            ("http://localhost:3000..3002", "http://localhost:3001/", true),
            ("http://localhost:3000..3002", "http://localhost:3002/", false),
            ("http://[::1]:8080", "http://[::1]:8080/", true),
            ("http://[::1]", "http://[::1]/", true),
        ] {
            assert_eq!(allows(entry, uri), allowed, "{entry} {uri}");
        }
    }

    #[test]
    fn an_origin_is_judged_as_an_address_is() {
        for (entry, host, allowed) in [
            ("redis://127.0.0.1:*", "127.0.0.1", true),
            ("redis://[::1]:6379", "::1", true),
            ("redis://Cache.Example", "cache.example", true),
            ("redis://127.0.0.1:1", "127.0.0.1", false),
            ("http://127.0.0.1:*", "127.0.0.1", false),
        ] {
            let hosts = AllowedHosts::parse(&[entry]).unwrap();
            assert_eq!(hosts.allow_origin("redis", host, 6379), allowed, "{entry} {host}");
        }
    }

    #[test]
    fn an_entry_that_cannot_be_kept_is_refused() {
        for entry in [
            "example.com",
            "*",
            "https://example.com/path",
            "https://u@example.com",
            "https://a.*.com",
            "https://example.com:x",
            "ldap://example.com",
            "https://self",
            "https://{a,b}",
            "https://",
            "{http,https}://a",
        ] {
            assert!(AllowedHosts::parse(&[entry]).is_err(), "{entry}");
        }
    }

    #[test]
    fn an_address_without_scheme_or_host_is_refused() {
        assert!(!allows("*://*:*", "/relative"));
    }
}
