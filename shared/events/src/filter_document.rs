use serde_json::Value;

use crate::document::{Content, DocumentError, DocumentErrorKind, Fields};
use crate::filter::{Filter, TypePattern};

const KEYS: [&str; 4] = ["types", "subject-begins-with", "subject-ends-with", "data"];

impl Filter {
    /// Reads the table `filter` of a sink or a rule: `types`, `subject-begins-with`, `subject-ends-with` and `data`, which
    /// has JSON Pointers for keys. Without it every event passes.
    ///
    /// # Errors
    ///
    /// [`DocumentError`] at what cannot be honoured.
    pub fn from_fields(fields: &Fields<'_>) -> Result<Self, DocumentError> {
        let Some(fields) = fields.table("filter", &KEYS)? else { return Ok(Self::default()) };
        let pattern = |text| {
            let expected = "types, each with * at its end or without";
            TypePattern::parse(text)
                .ok_or_else(|| fields.wrong("types", DocumentErrorKind::Malformed { expected }))
        };
        Ok(Self {
            types: fields.texts("types")?.into_iter().map(pattern).collect::<Result<_, _>>()?,
            subject_begins_with: fields.text("subject-begins-with")?.map(str::to_owned),
            subject_ends_with: fields.text("subject-ends-with")?.map(str::to_owned),
            data: data(&fields)?,
        })
    }
}

fn data(fields: &Fields<'_>) -> Result<Vec<(String, Value)>, DocumentError> {
    let expected = "a table of JSON Pointers, each with a string, a whole number or a boolean";
    let wrong = || fields.wrong("data", DocumentErrorKind::WrongType { expected });
    let entries = match fields.get("data").map(|value| &value.content) {
        None => return Ok(Vec::new()),
        Some(Content::Table(table)) => &table.entries,
        Some(_) => return Err(wrong()),
    };
    entries
        .iter()
        .map(|entry| {
            let value = match &entry.value.content {
                Content::Text(text) => Value::from(text.as_str()),
                Content::Integer(integer) => Value::from(*integer),
                Content::Boolean(boolean) => Value::from(*boolean),
                Content::List(_) | Content::Table(_) | Content::Other => return Err(wrong()),
            };
            let is_pointer = entry.key.is_empty() || entry.key.starts_with('/');
            is_pointer.then(|| (entry.key.clone(), value)).ok_or_else(wrong)
        })
        .collect()
}
