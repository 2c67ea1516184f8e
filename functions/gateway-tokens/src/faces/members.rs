use serde_json::{Map, Value};

use crate::name::{LONGEST_NAME, Name};

/// Takes the name that a member holds, or says what is wrong with it.
pub(super) fn name(members: &Map<String, Value>, member: &str) -> Result<Name, String> {
    match members.get(member) {
        None => Err(format!("{member} is missing")),
        Some(Value::String(text)) => Name::parse(text).ok_or_else(|| {
            format!("{member} must be 1 to {LONGEST_NAME} bytes of text without control characters")
        }),
        Some(_) => Err(format!("{member} must be a text")),
    }
}

/// Refuses members that nobody asked for; what is quoted is cut.
pub(super) fn only(members: &Map<String, Value>, known: &[&str]) -> Result<(), String> {
    match members.keys().find(|name| !known.contains(&name.as_str())) {
        None => Ok(()),
        Some(other) => {
            let other: String = other.chars().take(80).collect();
            Err(format!("{other:?} is not known; there is {}", known.join(", ")))
        }
    }
}

/// Says where a body stops being JSON.
pub(super) fn json(body: &[u8]) -> Result<Value, String> {
    serde_json::from_slice(body).map_err(|error| {
        format!("the body is not JSON: see line {}, column {}", error.line(), error.column())
    })
}
