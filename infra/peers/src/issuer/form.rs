use headgate_core::Secret;
use percent_encoding::percent_decode_str;

use super::token_error::TokenError;

/// The parameters of a token request: `application/x-www-form-urlencoded`, each name once.
///
/// A value that is empty counts as missing (RFC 6749 §3.2).
#[derive(Debug, Default)]
pub(crate) struct Form {
    parameters: Vec<(String, Secret)>,
}

impl Form {
    pub(crate) fn parse(body: &[u8]) -> Result<Self, TokenError> {
        let body = std::str::from_utf8(body).map_err(|_| TokenError::Malformed)?;
        let mut parameters: Vec<(String, Secret)> = Vec::new();
        for pair in body.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let name = decode(name).ok_or(TokenError::Malformed)?;
            let value = decode(value).ok_or(TokenError::Malformed)?;
            if parameters.iter().any(|(known, _)| *known == name) {
                return Err(TokenError::ParameterDuplicated { name });
            }
            parameters.push((name, Secret::new(value)));
        }
        Ok(Self { parameters })
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.parameters
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.expose())
            .filter(|value| !value.is_empty())
    }

    pub(crate) fn require(&self, name: &'static str) -> Result<&str, TokenError> {
        self.get(name).ok_or(TokenError::ParameterMissing { name })
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.parameters.iter().map(|(name, _)| name.as_str())
    }
}

/// Decodes one part strictly: every `%` is followed by two hexadecimal digits, and the whole is UTF-8.
pub(crate) fn decode(part: &str) -> Option<String> {
    let well_formed = part.split('%').skip(1).all(|after| {
        after.len() >= 2 && after.bytes().take(2).all(|byte| byte.is_ascii_hexdigit())
    });
    if !well_formed {
        return None;
    }
    let spaced = part.replace('+', " ");
    percent_decode_str(&spaced).decode_utf8().ok().map(std::borrow::Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_decoded_and_empty_ones_are_missing() {
        let form = Form::parse(b"scope=api%3A%2F%2Fheadgate%2F.default&a=b+c&empty=&bare").unwrap();
        assert_eq!(form.get("scope"), Some("api://headgate/.default"));
        assert_eq!(form.get("a"), Some("b c"));
        assert_eq!(form.get("empty"), None);
        assert_eq!(form.get("bare"), None);
    }

    #[test]
    fn a_parameter_given_twice_is_refused_even_when_its_name_is_written_differently() {
        let error = Form::parse(b"scope=a&sc%6fpe=a").unwrap_err();
        assert_eq!(error, TokenError::ParameterDuplicated { name: "scope".to_owned() });
    }

    #[test]
    fn what_is_not_form_encoded_is_refused() {
        for body in [&b"a=%"[..], b"a=%4", b"a=%zz", b"a=%ff", b"a=\xff"] {
            assert_eq!(Form::parse(body).unwrap_err(), TokenError::Malformed, "{body:?}");
        }
    }

    #[test]
    fn a_form_shows_no_value_in_debug() {
        let form = Form::parse(b"client_secret=hunter2").unwrap();
        assert!(!format!("{form:?}").contains("hunter2"));
    }
}
