use std::fmt;

use serde::{Deserialize, Serialize};

/// The name of a backend or of a pool: 1 to 80 ASCII letters, digits, `-`, `_` and `.`, the first a letter or a digit.
///
/// It stands in paths, in keys of the store and in events. Two names that differ in case alone are the same name, as ARM
/// has it; the `Eq` of this type compares exactly.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BackendName(Box<str>);

impl BackendName {
    /// Takes a name that keeps to the alphabet.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        let well_formed = (1..=80).contains(&text.len())
            && text.bytes().all(allowed)
            && text.starts_with(|first: char| first.is_ascii_alphanumeric());
        well_formed.then(|| Self(text.into()))
    }

    /// The name as the document has it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether `text` is this name, in whatever case.
    #[must_use]
    pub fn is(&self, text: &str) -> bool {
        self.0.eq_ignore_ascii_case(text)
    }
}

impl fmt::Display for BackendName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// The name of a circuit breaker's rule: 1 to 80 characters without control characters and `/`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RuleName(Box<str>);

impl RuleName {
    /// The rule of a trip by hand; no configured rule may be called so.
    pub const MANUAL: &'static str = "manual";

    /// Takes a name that can stand in an event's subject.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let allowed = |character: char| !character.is_control() && character != '/';
        let well_formed = (1..=80).contains(&text.chars().count()) && text.chars().all(allowed);
        well_formed.then(|| Self(text.into()))
    }

    /// The name [`MANUAL`](Self::MANUAL).
    #[must_use]
    pub fn manual() -> Self {
        Self(Self::MANUAL.into())
    }

    /// The name as the document has it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is the rule of a trip by hand.
    #[must_use]
    pub fn is_manual(&self) -> bool {
        self.0.eq_ignore_ascii_case(Self::MANUAL)
    }
}

impl fmt::Display for RuleName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backend_name_can_stand_in_a_path_and_in_a_key() {
        for good in ["a", "orders-1", "catalog_api", "v1.2", &"a".repeat(80)] {
            assert!(BackendName::parse(good).is_some(), "{good}");
        }
        for bad in ["", ".", "..", "-a", "a/b", "a b", "a:trip", "é", &"a".repeat(81)] {
            assert!(BackendName::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn a_rule_name_can_stand_in_a_subject() {
        assert!(RuleName::parse("Server errors (5xx)").is_some());
        for bad in ["", "a/b", "a\nb", &"é".repeat(81)] {
            assert!(RuleName::parse(bad).is_none(), "{bad}");
        }
    }
}
