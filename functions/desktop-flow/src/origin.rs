use std::fmt;
use std::net::IpAddr;

use http::Uri;

/// The origin of a service, as `https://contoso.crm4.dynamics.com`: without a slash at its end.
#[derive(Clone, PartialEq, Eq)]
pub struct Origin(String);

/// Why a text is no origin. It continues a sentence that begins with a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OriginError {
    /// It is no absolute address.
    #[error("must be an absolute https address")]
    Malformed,
    /// It has more than a scheme, a host and a port.
    #[error("may not hold a user, a query or a fragment")]
    Parts,
    /// It has a path.
    #[error("may not have a path")]
    Path,
    /// It is plain `http`, and not this machine.
    #[error("must use https; http is for this machine alone")]
    NotSecure,
    /// Dataverse does not call it.
    #[error("must have a DNS name: Dataverse calls neither an IP address nor this machine")]
    NotName,
    /// It is too long for the column that keeps it.
    #[error("is longer than {LONGEST_BASE} characters")]
    TooLong,
}

/// What of the 2,000 characters of a callback URL (contracts §1.5) is left for the base.
const LONGEST_BASE: usize = 1_800;

impl Origin {
    /// Takes `https://HOST[:PORT]`, or `http://` on this machine.
    ///
    /// # Errors
    ///
    /// [`OriginError`].
    pub fn parse(text: &str) -> Result<Self, OriginError> {
        let (uri, is_own) = judged(text)?;
        if !matches!(uri.path(), "" | "/") {
            return Err(OriginError::Path);
        }
        secure(&uri, is_own)?;
        Ok(Self(text.trim_end_matches('/').to_owned()))
    }

    /// Takes the address below which Dataverse calls back; for a Dataverse on this machine any will do.
    ///
    /// # Errors
    ///
    /// [`OriginError`].
    pub fn parse_callback(text: &str, dataverse: &Self) -> Result<Self, OriginError> {
        let (uri, is_own) = judged(text)?;
        if text.len() > LONGEST_BASE {
            return Err(OriginError::TooLong);
        }
        if !dataverse.is_own_machine() {
            if uri.scheme_str() != Some("https") {
                return Err(OriginError::NotSecure);
            }
            let host = uri.host().unwrap_or_default();
            if is_own || bare(host).parse::<IpAddr>().is_ok() || !host.contains('.') {
                return Err(OriginError::NotName);
            }
        }
        Ok(Self(text.trim_end_matches('/').to_owned()))
    }

    /// The origin as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is on this machine.
    #[must_use]
    pub fn is_own_machine(&self) -> bool {
        judged(&self.0).is_ok_and(|(_, is_own)| is_own)
    }

    /// Whether an absolute address is of this origin.
    #[must_use]
    pub fn holds(&self, address: &str) -> bool {
        address.strip_prefix(self.0.as_str()).is_some_and(|rest| rest.starts_with('/'))
    }
}

impl fmt::Debug for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Origin({})", self.0)
    }
}

fn judged(text: &str) -> Result<(Uri, bool), OriginError> {
    let uri: Uri = text.parse().map_err(|_| OriginError::Malformed)?;
    let authority = uri.authority().ok_or(OriginError::Malformed)?;
    if !matches!(uri.scheme_str(), Some("http" | "https")) || authority.host().is_empty() {
        return Err(OriginError::Malformed);
    }
    if authority.as_str().contains('@') || uri.query().is_some() || text.contains('#') {
        return Err(OriginError::Parts);
    }
    let host = authority.host();
    let is_own = host.eq_ignore_ascii_case("localhost")
        || bare(host).parse().is_ok_and(|address: IpAddr| address.is_loopback());
    Ok((uri, is_own))
}

fn secure(uri: &Uri, is_own: bool) -> Result<(), OriginError> {
    if is_own || uri.scheme_str() == Some("https") { Ok(()) } else { Err(OriginError::NotSecure) }
}

fn bare(host: &str) -> &str {
    host.trim_start_matches('[').trim_end_matches(']')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_secure_or_this_machines() {
        let of = |text| Origin::parse(text).map(|origin| origin.as_str().to_owned());
        assert_eq!(of("https://a.crm4.dynamics.com/").unwrap(), "https://a.crm4.dynamics.com");
        assert!(of("http://127.0.0.1:3005").is_ok() && of("http://[::1]:1").is_ok());
        for (text, error) in [
            ("a.crm4.dynamics.com", OriginError::Malformed),
            ("ftp://a.example", OriginError::Malformed),
            ("http://a.example", OriginError::NotSecure),
            ("https://a.example/api", OriginError::Path),
            ("https://u@a.example", OriginError::Parts),
            ("https://a.example?x", OriginError::Parts),
        ] {
            assert_eq!(of(text), Err(error), "{text}");
        }
    }

    #[test]
    fn a_callback_is_one_that_dataverse_calls() {
        let dataverse = Origin::parse("https://a.crm4.dynamics.com").unwrap();
        let of = |text: &str| Origin::parse_callback(text, &dataverse).map(drop);
        assert_eq!(of("https://robots.example.com/desktop-flow/"), Ok(()));
        assert_eq!(of("http://robots.example.com/"), Err(OriginError::NotSecure));
        for text in ["https://10.0.0.1/", "https://[fd00::1]/", "https://localhost/", "https://a/"]
        {
            assert_eq!(of(text), Err(OriginError::NotName), "{text}");
        }
        let long = format!("https://robots.example.com/{}", "a".repeat(1_800));
        assert_eq!(of(&long), Err(OriginError::TooLong));
        let own = Origin::parse("http://127.0.0.1:3005").unwrap();
        assert!(Origin::parse_callback("http://127.0.0.1:3000/desktop-flow", &own).is_ok());
    }

    #[test]
    fn an_address_of_another_host_is_not_of_the_origin() {
        let origin = Origin::parse("https://a.example").unwrap();
        assert!(origin.holds("https://a.example/api/data"));
        for other in
            ["https://a.example.evil/", "https://a.example@evil/", "http://a.example/", "/x"]
        {
            assert!(!origin.holds(other), "{other}");
        }
    }
}
