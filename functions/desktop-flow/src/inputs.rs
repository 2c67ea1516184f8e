//! A flow's inputs, and whether they fit its schema: pure.

use std::collections::BTreeMap;

use headgate_events::document::nearest;
use serde_json::Value;
use serde_json::value::RawValue;

/// The inputs of a run by name, each as it was written.
pub type Inputs = BTreeMap<String, Box<RawValue>>;

/// The longest inputs (contracts §1.2).
pub const LONGEST: usize = 2 * 1024 * 1024;

/// Why inputs are not sent. The text names the input and shows no value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InputsError {
    /// The flow has no such input.
    #[error("the flow has no input {name:?}{}", meant(.suggestion.as_deref()))]
    Unknown {
        /// The name, cut after 80 characters.
        name: String,
        /// The input that may be meant.
        suggestion: Option<String>,
    },
    /// The value is of another type.
    #[error("input {name:?} must be a {expected}")]
    Type {
        /// The input.
        name: String,
        /// The type that the flow says.
        expected: String,
    },
    /// The flow requires it.
    #[error("input {name:?} is missing")]
    Missing {
        /// The input.
        name: String,
    },
    /// They are too long.
    #[error("the inputs are longer than {LONGEST} bytes as JSON")]
    TooLong,
}

fn meant(suggestion: Option<&str>) -> String {
    suggestion.map_or_else(String::new, |name| format!("; did you mean {name:?}?"))
}

/// Checks inputs against a flow's schema; a flow without one takes anything, as does an input of a type that is not JSON's.
///
/// # Errors
///
/// [`InputsError`], the first.
pub fn check(inputs: &Inputs, schema: Option<&Value>) -> Result<(), InputsError> {
    let Some(schema) = schema else { return Ok(()) };
    let none = serde_json::Map::new();
    let properties = schema.get("properties").and_then(Value::as_object).unwrap_or(&none);
    for (name, value) in inputs {
        let Some(property) = properties.get(name) else {
            let known = properties.keys().map(String::as_str);
            return Err(InputsError::Unknown {
                name: name.chars().take(80).collect(),
                suggestion: suggestion(name, known),
            });
        };
        let expected = property.get("type").and_then(Value::as_str).unwrap_or_default();
        if !fits(value.get(), expected) {
            let expected = expected.to_owned();
            return Err(InputsError::Type { name: name.clone(), expected });
        }
    }
    let required = schema.get("required").and_then(Value::as_array);
    let missing = required.into_iter().flatten().filter_map(Value::as_str);
    match missing.into_iter().find(|name| !inputs.contains_key(*name)) {
        Some(name) => Err(InputsError::Missing { name: name.to_owned() }),
        None => Ok(()),
    }
}

fn suggestion<'a>(name: &str, known: impl Iterator<Item = &'a str> + Clone) -> Option<String> {
    let same = known.clone().find(|known| known.eq_ignore_ascii_case(name));
    same.or_else(|| nearest(name, known)).map(str::to_owned)
}

/// Whether a JSON text is of this type: its first character says so.
fn fits(text: &str, expected: &str) -> bool {
    let first = text.trim_start().bytes().next().unwrap_or_default();
    match expected {
        "string" => first == b'"',
        "number" => first == b'-' || first.is_ascii_digit(),
        "integer" => (first == b'-' || first.is_ascii_digit()) && !text.contains(['.', 'e', 'E']),
        "boolean" => first == b't' || first == b'f',
        "object" => first == b'{',
        "array" => first == b'[',
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn inputs(text: &str) -> Inputs {
        serde_json::from_str(text).unwrap()
    }

    fn judged(text: &str) -> Result<(), String> {
        let schema = json!({ "type": "object", "required": ["Order"], "properties": {
            "Order": { "title": "Order", "type": "string", "default": "" },
            "Amount": { "type": "number" }, "Count": { "type": "integer" }, "Rush": { "type": "boolean" },
            "Lines": { "type": "array" }, "Address": { "type": "object" }, "Any": {}, "Date": { "type": "datetime" },
        }});
        check(&inputs(text), Some(&schema)).map_err(|error| error.to_string())
    }

    #[test]
    fn inputs_that_fit_pass_whatever_digits_they_have() {
        let text = r#"{"Order":"1","Amount":-1.5e400,"Count":12345678901234567890123,"Rush":true,
            "Lines":[],"Address":{},"Any":null,"Date":"2026-01-01"}"#;
        assert_eq!(judged(text), Ok(()));
        assert_eq!(check(&inputs(r#"{"x":1}"#), None), Ok(()));
    }

    #[test]
    fn an_input_of_another_type_or_name_is_refused_without_its_value() {
        for (text, error) in [
            (r#"{"Order":7}"#, "input \"Order\" must be a string"),
            (r#"{"Order":"1","Count":1.5}"#, "input \"Count\" must be a integer"),
            (r#"{"Order":"1","Rush":"true"}"#, "input \"Rush\" must be a boolean"),
            (r#"{"order":"1"}"#, "the flow has no input \"order\"; did you mean \"Order\"?"),
            (r#"{"Order":"1","Zzzzzz":"hunter2"}"#, "the flow has no input \"Zzzzzz\""),
            ("{}", "input \"Order\" is missing"),
        ] {
            assert_eq!(judged(text), Err(error.to_owned()));
        }
    }
}
