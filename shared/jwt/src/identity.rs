//! Who a token says its caller is, in the words of the `X-Auth-*` headers.

use std::fmt;

use http::{HeaderMap, HeaderName, HeaderValue};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde_json::Value;

use crate::token::Claims;

const SUBJECT: HeaderName = HeaderName::from_static("x-auth-subject");
const CLIENT: HeaderName = HeaderName::from_static("x-auth-client");
const ROLES: HeaderName = HeaderName::from_static("x-auth-roles");
const SCOPES: HeaderName = HeaderName::from_static("x-auth-scopes");
const ISSUER: HeaderName = HeaderName::from_static("x-auth-issuer");

/// A header value holds visible ASCII and spaces. Everything else is percent-encoded, `%` too, and in a list the comma.
const TEXT: &AsciiSet = &CONTROLS.add(b'%');
const LIST_MEMBER: &AsciiSet = &TEXT.add(b',');

const EMPTY: HeaderValue = HeaderValue::from_static("");

/// Who a token says its caller is, as header values.
///
/// Every header is there, empty when the token does not say: so it replaces whatever a caller sent under that name,
/// also in a proxy that copies only the headers it finds in an answer.
#[derive(Clone)]
pub struct Identity([(HeaderName, HeaderValue); 5]);

impl Identity {
    /// Takes the identity from a token's claims: `sub`; `azp`, `appid` or `client_id`; `roles`; `scp` or `scope`;
    /// `iss`.
    #[must_use]
    pub fn of(claims: &Claims) -> Self {
        let text = |name: &str| claims.claim(name).and_then(Value::as_str);
        let encoded = |text: &str| utf8_percent_encode(text, TEXT).to_string();
        let pairs = [
            (SUBJECT, text("sub").map(encoded)),
            (CLIENT, claims.client().or_else(|| text("client_id")).map(encoded)),
            (ROLES, claims.claim("roles").and_then(|roles| members(roles, ","))),
            (
                SCOPES,
                claims
                    .claim("scp")
                    .or_else(|| claims.claim("scope"))
                    .and_then(|scopes| members(scopes, " ")),
            ),
            (ISSUER, text("iss").map(encoded)),
        ];
        Self(pairs.map(|(name, value)| {
            let value = value.and_then(|value| HeaderValue::try_from(value).ok());
            (name, value.unwrap_or(EMPTY))
        }))
    }

    /// The identity of a caller without a token.
    #[must_use]
    pub fn nobody() -> Self {
        Self([SUBJECT, CLIENT, ROLES, SCOPES, ISSUER].map(|name| (name, EMPTY)))
    }

    /// Puts the identity into `headers` in the place of what a caller may have put there.
    pub fn apply(&self, headers: &mut HeaderMap) {
        for (name, value) in &self.0 {
            headers.insert(name.clone(), value.clone());
        }
    }

    /// What the token says, as pairs of header name and value.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .filter(|(_, value)| !value.is_empty())
            .filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)))
    }
}

/// A string as it stands, or an array's strings, joined.
fn members(claim: &Value, separator: &str) -> Option<String> {
    match claim {
        Value::String(text) => Some(utf8_percent_encode(text, TEXT).to_string()),
        Value::Array(members) => Some(
            members
                .iter()
                .filter_map(Value::as_str)
                .map(|member| utf8_percent_encode(member, LIST_MEMBER).to_string())
                .collect::<Vec<_>>()
                .join(separator),
        ),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => None,
    }
}

/// Shows the headers' names alone.
impl fmt::Debug for Identity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}
