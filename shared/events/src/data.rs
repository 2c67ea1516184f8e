use std::fmt;

use bytes::Bytes;
use serde::{Serialize, Serializer};
use serde_json::Value;
use serde_json::value::RawValue;

/// What an event carries.
#[derive(Clone, PartialEq, Eq, Default)]
pub enum Data {
    /// Nothing.
    #[default]
    None,
    /// A JSON value; `null` is one.
    Json(Json),
    /// Text of a media type that is not JSON, as XML.
    Text(String),
    /// Bytes of any or no media type.
    Bytes(Bytes),
}

/// Shows the form and the length, not the data.
impl fmt::Debug for Data {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => formatter.write_str("None"),
            Self::Json(json) => fmt::Debug::fmt(json, formatter),
            Self::Text(text) => write!(formatter, "Text({} bytes)", text.len()),
            Self::Bytes(bytes) => write!(formatter, "Bytes({} bytes)", bytes.len()),
        }
    }
}

/// A JSON value as it was written.
///
/// Events are carried and not rewritten: numbers keep all their digits, and objects the order of their members.
/// Two are equal when their texts are.
#[derive(Clone)]
pub struct Json(Box<RawValue>);

impl Json {
    /// Takes a JSON text; `None` when it is not one.
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Self> {
        serde_json::from_slice(text).ok().map(Self)
    }

    pub(crate) fn of_raw(raw: &RawValue) -> Self {
        Self(raw.to_owned())
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.get()
    }

    /// The value; `None` when it is nested deeper than 128 levels, or holds a number or an escape that a value
    /// cannot hold.
    #[must_use]
    pub fn value(&self) -> Option<Value> {
        serde_json::from_str(self.as_str()).ok()
    }
}

impl From<&Value> for Json {
    fn from(value: &Value) -> Self {
        // A value's text is always JSON.
        Self(RawValue::from_string(value.to_string()).unwrap_or_else(|_| RawValue::NULL.to_owned()))
    }
}

impl PartialEq for Json {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Json {}

impl fmt::Debug for Json {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Json({} bytes)", self.as_str().len())
    }
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_their_digits_and_members_their_order() {
        let text = r#"{"b":123456789012345678901234567890.10,"a":1e400}"#;
        let json = Json::parse(text.as_bytes()).unwrap();
        assert_eq!(serde_json::to_string(&json).unwrap(), text);
    }

    #[test]
    fn what_is_not_json_is_refused_and_depth_is_not() {
        for text in ["", "{", "{a:1}", "1 2", "\u{feff}1"] {
            assert!(Json::parse(text.as_bytes()).is_none(), "{text}");
        }
        assert!(Json::parse(b"\"\xff\"").is_none());
        let deep = "[".repeat(100_000) + &"]".repeat(100_000);
        assert_eq!(Json::parse(deep.as_bytes()).unwrap().value(), None);
    }

    #[test]
    fn debug_shows_no_data() {
        let data = Data::Json(Json::parse(br#""hunter2""#).unwrap());
        assert_eq!(format!("{data:?}"), "Json(9 bytes)");
        assert!(!format!("{:?}", Data::Text("hunter2".into())).contains("hunter2"));
    }
}
