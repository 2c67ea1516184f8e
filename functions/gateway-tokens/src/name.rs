//! The names of tokens, gateways and instances.

use headgate_events::Event;
use serde::{Deserialize, Serialize};

/// The id of a token, a gateway or an instance: 1 to 512 bytes of text without control characters, opaque.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Name(String);

/// The longest name, in bytes.
pub const LONGEST_NAME: usize = 512;

impl Name {
    /// Takes a text; `None` when no event could have it in its subject, or when it is too long.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let event = Event::new("1", "/s", "t").and_then(|event| event.with_subject(text));
        (text.len() <= LONGEST_NAME && event.is_ok()).then(|| Self(text.to_owned()))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_any_text_that_a_subject_can_have() {
        let longest = "x".repeat(LONGEST_NAME);
        for text in ["a", "/subscriptions/s/gateways/g", "шлюз 1", &longest] {
            assert_eq!(Name::parse(text).unwrap().as_str(), text);
        }
        for text in ["", "a\nb", "\u{ffff}", &(longest.clone() + "x")] {
            assert_eq!(Name::parse(text), None, "{text:?}");
        }
    }
}
