use headgate_core::Secret;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode, utf8_percent_encode};

/// All but the unreserved characters (RFC 3986 §2.3).
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The caller's query with the credentials' parameters; those that the caller gave under the same names, in whatever case, are
/// removed. Everything else is kept as it is.
pub(super) fn with_credentials(query: &str, credentials: &[(String, Secret)]) -> String {
    if credentials.is_empty() {
        return query.to_owned();
    }
    let is_credential = |pair: &str| {
        let name = decoded(pair.split('=').next().unwrap_or_default());
        credentials.iter().any(|(known, _)| known.as_bytes().eq_ignore_ascii_case(&name))
    };
    let kept = query.split('&').filter(|pair| !pair.is_empty() && !is_credential(pair));
    let added = credentials.iter().map(|(name, value)| {
        let name = utf8_percent_encode(name, RESERVED);
        format!("{name}={}", utf8_percent_encode(value.expose(), RESERVED))
    });
    let pairs: Vec<String> = kept.map(str::to_owned).chain(added).collect();
    pairs.join("&")
}

fn decoded(name: &str) -> Vec<u8> {
    let spaced = name.replace('+', " ");
    percent_decode(spaced.as_bytes()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_replace_what_the_caller_gave_under_the_same_name() {
        let key = |name: &str, value: &str| (name.to_owned(), Secret::new(value));
        for (query, credentials, expected) in [
            ("a=1&&b", vec![], "a=1&&b"),
            ("a=1&b=2", vec![key("code", "s/&=+é")], "a=1&b=2&code=s%2F%26%3D%2B%C3%A9"),
            ("code=mine&a=1&CODE=x&c%6Fde=y&code", vec![key("code", "s")], "a=1&code=s"),
            ("", vec![key("a b", "1"), key("a b", "2")], "a%20b=1&a%20b=2"),
            ("a+b=0&a%20b=0", vec![key("a b", "1")], "a%20b=1"),
        ] {
            assert_eq!(with_credentials(query, &credentials), expected, "{query}");
        }
    }
}
