use std::borrow::Cow;

use http::HeaderValue;
use percent_encoding::{AsciiSet, CONTROLS, percent_decode, utf8_percent_encode};

/// What is percent-encoded besides everything outside ASCII (HTTP binding §3.1.3.2).
const ENCODED: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'%');

/// Writes an attribute's value for a header: only the printable characters of ASCII are left as they are.
pub(crate) fn encode(text: &str) -> Option<HeaderValue> {
    HeaderValue::try_from(utf8_percent_encode(text, ENCODED).to_string()).ok()
}

/// Reads an attribute's value from a header: undoes quotes, and then the percent-encoding once.
///
/// `None` when what results is not UTF-8. A `%` without two hexadecimal digits stands for itself.
pub(crate) fn decode(value: &HeaderValue) -> Option<String> {
    let bytes = value.as_bytes().trim_ascii();
    percent_decode(&unquoted(bytes)).decode_utf8().ok().map(Cow::into_owned)
}

/// Undoes a quoted string (RFC 9110 §5.6.4).
fn unquoted(bytes: &[u8]) -> Cow<'_, [u8]> {
    let [b'"', inside @ .., b'"'] = bytes else {
        return Cow::Borrowed(bytes);
    };
    let mut text = Vec::with_capacity(inside.len());
    let mut escaped = false;
    for byte in inside {
        if *byte == b'\\' && !escaped {
            escaped = true;
        } else {
            text.push(*byte);
            escaped = false;
        }
    }
    Cow::Owned(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(value: &[u8]) -> Option<String> {
        decode(&HeaderValue::from_bytes(value).unwrap())
    }

    /// The example of the CloudEvents HTTP binding, §3.1.3.2.
    #[test]
    fn the_specifications_example_is_encoded_and_decoded() {
        let encoded = "Euro%20%E2%82%AC%20%F0%9F%98%80";
        assert_eq!(encode("Euro € 😀").unwrap(), encoded);
        assert_eq!(decoded(encoded.as_bytes()).unwrap(), "Euro € 😀");
    }

    #[test]
    fn quotes_are_undone_before_one_round_of_percent_decoding() {
        assert_eq!(decoded(br#""a \"b\" \\c""#).unwrap(), r#"a "b" \c"#);
        assert_eq!(decoded(br#""100%25""#).unwrap(), "100%");
        assert_eq!(decoded(b"%2525").unwrap(), "%25");
        assert_eq!(decoded(b"%41%4a%4B").unwrap(), "AJK");
        assert_eq!(decoded(b"50% \"off\"").unwrap(), "50% \"off\"");
        assert_eq!(decoded(b"\"").unwrap(), "\"");
    }

    /// The overlong space of the CloudEvents HTTP binding, §3.1.3.2.
    #[test]
    fn what_is_not_utf_8_is_refused() {
        assert_eq!(decoded(b"%C0%A0"), None);
        assert_eq!(decoded(b"%ff"), None);
        assert_eq!(decoded(b"%ED%A0%80"), None);
    }
}
