//! What an upstream wants of a token that it did not take: the `claims` of `WWW-Authenticate` (contracts §5.4; continuous access
//! evaluation and Conditional Access use the same challenge).

use base64::Engine;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use http::HeaderMap;
use http::header::WWW_AUTHENTICATE;

const TOLERANT: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
/// The longest challenge that is read, in bytes.
const LONGEST: usize = 16 * 1024;

/// The claims that a challenge asks for, as JSON; `None` when it asks for none that can be read.
pub(crate) fn claims(headers: &HeaderMap) -> Option<String> {
    let values = headers.get_all(WWW_AUTHENTICATE).iter().filter_map(|value| value.to_str().ok());
    values.filter_map(parameter).find_map(decoded)
}

/// The value of the parameter `claims`, which is quoted base64 (RFC 9110 §11.2).
fn parameter(challenge: &str) -> Option<&str> {
    let mut rest = challenge;
    while let Some((before, after)) = rest.split_once("claims") {
        let begins = before.is_empty() || before.ends_with([' ', ',', '\t']);
        let value = after.trim_start().strip_prefix('=').map(str::trim_start);
        if let Some(value) = value.filter(|_| begins) {
            return match value.strip_prefix('"') {
                Some(quoted) => quoted.split('"').next(),
                None => value.split([',', ' ']).next(),
            };
        }
        rest = after;
    }
    None
}

fn decoded(text: &str) -> Option<String> {
    if text.len() > LONGEST {
        return None;
    }
    let engines =
        [GeneralPurpose::new(&STANDARD, TOLERANT), GeneralPurpose::new(&URL_SAFE, TOLERANT)];
    let bytes = engines.iter().find_map(|engine| engine.decode(text).ok())?;
    let json = String::from_utf8(bytes).ok()?;
    let value: serde_json::Value = serde_json::from_str(&json).ok()?;
    value.is_object().then_some(json)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn of(challenge: &'static str) -> Option<String> {
        let mut headers = HeaderMap::new();
        headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        claims(&headers)
    }

    #[test]
    fn claims_are_read_from_a_challenge() {
        let json = r#"{"access_token":{"nbf":{"essential":true}}}"#;
        for challenge in [
            r#"Bearer realm="", error="insufficient_claims", claims="eyJhY2Nlc3NfdG9rZW4iOnsibmJmIjp7ImVzc2VudGlhbCI6dHJ1ZX19fQ==""#,
            r#"Bearer claims="eyJhY2Nlc3NfdG9rZW4iOnsibmJmIjp7ImVzc2VudGlhbCI6dHJ1ZX19fQ", error="x""#,
            r#"Bearer xclaims="e30=",claims = eyJhY2Nlc3NfdG9rZW4iOnsibmJmIjp7ImVzc2VudGlhbCI6dHJ1ZX19fQ"#,
        ] {
            assert_eq!(of(challenge).as_deref(), Some(json), "{challenge}");
        }
    }

    #[test]
    fn what_is_no_object_in_base64_is_no_claims() {
        for challenge in [
            r#"Bearer error="invalid_token""#,
            r#"Bearer claims="%%%""#,
            r#"Bearer claims="W10=""#,
            r#"Bearer claims"#,
            "Basic",
        ] {
            assert_eq!(of(challenge), None, "{challenge}");
        }
    }
}
