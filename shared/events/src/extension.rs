use std::fmt;

use serde::{Serialize, Serializer};

use crate::error::EventErrorKind;
use crate::text::is_text;

/// The names that are not free for extensions: CloudEvents' own attributes, and the payload.
const TAKEN: [&str; 9] = [
    "specversion",
    "id",
    "source",
    "type",
    "subject",
    "time",
    "datacontenttype",
    "dataschema",
    "data",
];

/// The name of an extension attribute: lower-case letters and digits (contracts §3.7).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ExtensionName(String);

impl ExtensionName {
    /// Makes a name.
    ///
    /// # Errors
    ///
    /// [`EventErrorKind::Name`] for one that has other characters, is empty, or is an attribute of CloudEvents itself.
    pub fn new(name: impl Into<String>) -> Result<Self, EventErrorKind> {
        let name = name.into();
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        if name.is_empty() || !name.bytes().all(allowed) || TAKEN.contains(&name.as_str()) {
            return Err(EventErrorKind::Name { name: name.as_str().into() });
        }
        Ok(Self(name))
    }

    /// Makes a name that is known to be one.
    pub(crate) fn known(name: &'static str) -> Self {
        Self(name.to_owned())
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The value of an extension attribute. Times, addresses and base64 are texts, as in JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExtensionValue {
    /// `true` or `false`.
    Boolean(bool),
    /// A whole number of 32 bits.
    Integer(i32),
    /// A string; it may be empty.
    Text(String),
}

impl ExtensionValue {
    /// Whether CloudEvents allows the value.
    pub(crate) fn is_allowed(&self) -> bool {
        match self {
            Self::Boolean(_) | Self::Integer(_) => true,
            Self::Text(text) => is_text(text),
        }
    }
}

/// The canonical string of CloudEvents' type system, which headers hold.
impl fmt::Display for ExtensionValue {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Boolean(boolean) => boolean.fmt(formatter),
            Self::Integer(integer) => integer.fmt(formatter),
            Self::Text(text) => formatter.write_str(text),
        }
    }
}

impl Serialize for ExtensionValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Boolean(boolean) => serializer.serialize_bool(*boolean),
            Self::Integer(integer) => serializer.serialize_i32(*integer),
            Self::Text(text) => serializer.serialize_str(text),
        }
    }
}

impl From<&str> for ExtensionValue {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_lower_case_letters_and_digits() {
        assert_eq!(
            ExtensionName::new("comexampleextension1").unwrap().as_str(),
            "comexampleextension1"
        );
        for name in ["", "Upper", "with-dash", "data", "data_base64", "type", "ключ", "a b"] {
            assert!(ExtensionName::new(name).is_err(), "{name}");
        }
    }
}
