use crate::event::Event;

/// Whether events can say that they come from here: a URI reference (RFC 3986), which an event's `source` has to be.
///
/// A reference with characters beyond ASCII is one only when these are percent-encoded.
#[must_use]
pub fn is_source(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte);
    text.bytes().all(allowed) && Event::new("1", text, "t").is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_has_the_characters_of_a_reference_and_is_not_empty() {
        for good in ["/gateway", "urn:a:b", "https://a.example/?x=%20#y"] {
            assert!(is_source(good), "{good}");
        }
        for bad in ["", "a b", "/{id}", "/schl\u{fc}ssel", "\n"] {
            assert!(!is_source(bad), "{bad:?}");
        }
    }
}
