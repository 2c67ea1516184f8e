use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use zeroize::Zeroizing;

/// What stands in a form or a query as it is (RFC 3986 §2.3).
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Parameters as `application/x-www-form-urlencoded`, or as a query. They are zeroed when they are dropped, and nothing
/// prints them.
pub(crate) struct Form(Zeroizing<String>);

impl Form {
    pub(crate) fn new() -> Self {
        // Room for a certificate's assertion: a text that grows leaves copies of itself behind.
        Self(Zeroizing::new(String::with_capacity(8 * 1024)))
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.put(name, value);
        self
    }

    pub(crate) fn put(&mut self, name: &str, value: &str) {
        if !self.0.is_empty() {
            self.0.push('&');
        }
        self.0.push_str(name);
        self.0.push('=');
        self.0.extend(utf8_percent_encode(value, RESERVED));
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_character_with_a_meaning_is_encoded() {
        let form = Form::new().with("scope", "https://a//.default b").with("secret", "a+b&c=d%é~");
        assert_eq!(
            form.as_str(),
            "scope=https%3A%2F%2Fa%2F%2F.default%20b&secret=a%2Bb%26c%3Dd%25%C3%A9~"
        );
    }
}
