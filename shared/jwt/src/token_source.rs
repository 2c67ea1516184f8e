use std::borrow::Cow;

use http::header::AUTHORIZATION;

use crate::facts::Facts;
use crate::policy::{TokenSource, ValidateToken};
use crate::rejection::Rejection;

/// Takes the token from where the policy looks for it.
///
/// In `Authorization` the scheme is taken off: the one that `require-scheme` names, or `Bearer`. A header of another
/// name holds the token alone, or behind `Bearer`; `require-scheme` is of no account there (contracts §4.1).
///
/// # Errors
///
/// [`Rejection::TokenNotPresent`] when there is none, more than one, or one with another scheme.
pub(crate) fn find_token<'a>(
    policy: &'a ValidateToken,
    facts: &'a Facts<'_>,
) -> Result<Cow<'a, str>, Rejection> {
    let found = match &policy.source {
        TokenSource::Value(token) => Some(Cow::Borrowed(token.as_str())),
        TokenSource::Query(name) => facts.query_parameter(name),
        TokenSource::Header(name) => {
            let mut values = facts.headers.get_all(name).iter();
            // Two tokens in two headers: which one a backend would read is anybody's guess.
            match (values.next(), values.next()) {
                (Some(value), None) => {
                    let value = std::str::from_utf8(value.as_bytes())
                        .ok()
                        .filter(|value| value.is_ascii())
                        .ok_or(Rejection::TokenNotPresent)?;
                    let required = policy.require_scheme.as_deref();
                    without_scheme(value, required.filter(|_| name == AUTHORIZATION))
                        .map(Cow::Borrowed)
                }
                (None | Some(_), _) => None,
            }
        }
    };
    found.filter(|token| !token.is_empty()).ok_or(Rejection::TokenNotPresent)
}

fn without_scheme<'a>(value: &'a str, required: Option<&str>) -> Option<&'a str> {
    let value = value.trim();
    match (value.split_once(' '), required) {
        (Some((scheme, token)), required) => {
            let expected = required.unwrap_or("Bearer");
            scheme.eq_ignore_ascii_case(expected).then(|| token.trim_start())
        }
        (None, Some(_)) => None,
        (None, None) => (!value.eq_ignore_ascii_case("Bearer")).then_some(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_required_scheme_must_be_there() {
        assert_eq!(without_scheme("Bearer abc", Some("Bearer")), Some("abc"));
        assert_eq!(without_scheme("bearer abc", Some("Bearer")), Some("abc"));
        assert_eq!(without_scheme("DPoP abc", Some("Bearer")), None);
        assert_eq!(without_scheme("abc", Some("Bearer")), None);
    }

    #[test]
    fn without_a_required_scheme_bearer_may_be_left_out() {
        assert_eq!(without_scheme("abc", None), Some("abc"));
        assert_eq!(without_scheme("Bearer  abc", None), Some("abc"));
        assert_eq!(without_scheme("Basic abc", None), None);
        assert_eq!(without_scheme("Bearer", None), None);
    }
}
