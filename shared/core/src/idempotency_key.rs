//! The name by which a caller's request is known when it comes again: `Idempotency-Key`: pure.

use http::HeaderMap;

/// Why a request's `Idempotency-Key` is none. The text is what the caller is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Idempotency-Key must be there once at most, with 1 to 255 printable characters")]
pub struct NotAKey;

/// Reads the header, with or without the quotes of a structured field; `None` when it is not there.
///
/// A key has 1 to 255 printable characters of ASCII, and neither `"` nor `\` among them.
///
/// # Errors
///
/// [`NotAKey`] when it has not, or when the header is there more than once.
pub fn read(headers: &HeaderMap) -> Result<Option<&str>, NotAKey> {
    let mut values = headers.get_all("idempotency-key").iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value.to_str().ok().and_then(parse).map(Some).ok_or(NotAKey),
        (Some(_), Some(_)) => Err(NotAKey),
    }
}

fn parse(text: &str) -> Option<&str> {
    let text = text.trim();
    let inner = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
    let is_key = (1..=255).contains(&inner.len())
        && inner.bytes().all(|byte| (b' '..=b'~').contains(&byte) && byte != b'"' && byte != b'\\');
    is_key.then_some(inner)
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};
    use proptest::prelude::*;

    use super::*;

    fn headers(values: &[&[u8]]) -> HeaderMap {
        let name = HeaderName::from_static("idempotency-key");
        let value = |bytes: &&[u8]| HeaderValue::from_bytes(bytes).unwrap();
        values.iter().map(|bytes| (name.clone(), value(bytes))).collect()
    }

    #[test]
    fn a_key_may_have_the_quotes_of_a_structured_field() {
        assert_eq!(parse("\"8e03978e\""), Some("8e03978e"));
        assert_eq!(parse(" 8e03978e "), Some("8e03978e"));
        for text in ["", "\"\"", "a\"b", "\"a", "é", &"a".repeat(256)] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_key_is_there_once_or_not_at_all() {
        assert_eq!(read(&headers(&[])), Ok(None));
        assert_eq!(read(&headers(&[b"\"8e03978e\""])), Ok(Some("8e03978e")));
        for values in [[b"a".as_slice(), b"a"].as_slice(), &[b""], &[b"a\\b"], &["é".as_bytes()]] {
            assert_eq!(read(&headers(values)), Err(NotAKey), "{values:?}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_the_reader_panic(text in ".{0,60}") {
            let _ = parse(&text);
        }
    }
}
