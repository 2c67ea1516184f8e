use std::ops::RangeInclusive;

use super::error::{DocumentError, DocumentErrorKind, Position};
use super::suggestion::nearest;
use super::tree::{Content, Table, Value, joined};

/// The values of one table, by key.
#[derive(Debug)]
pub struct Fields<'a> {
    path: String,
    position: Position,
    table: &'a Table,
}

impl<'a> Fields<'a> {
    /// Opens a table that stands at `path` and may have the keys `known`.
    ///
    /// # Errors
    ///
    /// [`DocumentErrorKind::Unknown`] at the first other key, with the one that may have been meant.
    pub fn of(
        table: &'a Table,
        path: &str,
        position: Position,
        known: &[&'static str],
    ) -> Result<Self, DocumentError> {
        let fields = Self { path: path.to_owned(), position, table };
        for entry in &table.entries {
            if !known.contains(&entry.key.as_str()) {
                let suggestion = nearest(&entry.key, known.iter().copied());
                let key = joined(path, &entry.key);
                return Err(DocumentErrorKind::Unknown { suggestion }.at(entry.value.position, key));
            }
        }
        Ok(fields)
    }

    /// Says what is wrong with a key: at its place, or at the table's when the key is not there.
    #[must_use]
    pub fn wrong(&self, key: &str, kind: DocumentErrorKind) -> DocumentError {
        let position = self.get(key).map_or(self.position, |value| value.position);
        kind.at(position, joined(&self.path, key))
    }

    /// Says what is wrong with the table itself.
    #[must_use]
    pub fn wrong_table(&self, kind: DocumentErrorKind) -> DocumentError {
        kind.at(self.position, self.path.clone())
    }

    /// The value of a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&'a Value> {
        self.table.entries.iter().find(|entry| entry.key == key).map(|entry| &entry.value)
    }

    /// The string of a key.
    ///
    /// # Errors
    ///
    /// [`DocumentError`] when it is something else than a string, or is empty.
    pub fn text(&self, key: &str) -> Result<Option<&'a str>, DocumentError> {
        let wrong = || self.wrong(key, DocumentErrorKind::WrongType { expected: NOT_EMPTY });
        match self.get(key).map(|value| &value.content) {
            None => Ok(None),
            Some(Content::Text(text)) if !text.trim().is_empty() => Ok(Some(text)),
            Some(_) => Err(wrong()),
        }
    }

    /// The string of a key that must be there.
    ///
    /// # Errors
    ///
    /// As [`text`](Self::text), and when the key is missing.
    pub fn required_text(&self, key: &str) -> Result<&'a str, DocumentError> {
        self.text(key)?.ok_or_else(|| self.wrong(key, DocumentErrorKind::Missing))
    }

    /// The whole number of a key, or `default`.
    ///
    /// # Errors
    ///
    /// [`DocumentError`] when it is something else, or outside the range.
    pub fn integer(
        &self,
        key: &str,
        range: RangeInclusive<i64>,
        default: i64,
    ) -> Result<i64, DocumentError> {
        match self.get(key).map(|value| &value.content) {
            None => Ok(default),
            Some(Content::Integer(integer)) if range.contains(integer) => Ok(*integer),
            Some(_) => {
                let (least, most) = range.into_inner();
                Err(self.wrong(key, DocumentErrorKind::OutOfRange { least, most }))
            }
        }
    }

    /// The choice that a key makes; `None` when the key is not there.
    ///
    /// # Errors
    ///
    /// [`DocumentError`] when it is none of `choices`, which `listed` names in a sentence.
    pub fn choice<T: Copy>(
        &self,
        key: &str,
        choices: &[(&'static str, T)],
        listed: &'static str,
    ) -> Result<Option<T>, DocumentError> {
        let Some(text) = self.text(key)? else { return Ok(None) };
        match choices.iter().find(|(name, _)| *name == text) {
            Some((_, choice)) => Ok(Some(*choice)),
            None => {
                let names: Vec<_> = choices.iter().map(|(name, _)| *name).collect();
                let suggestion = nearest(text, names);
                Err(self.wrong(key, DocumentErrorKind::NotChoice { choices: listed, suggestion }))
            }
        }
    }

    /// The strings of a key's array; none when the key is not there. One string stands for an array of it.
    ///
    /// # Errors
    ///
    /// [`DocumentError`] when it is something else.
    pub fn texts(&self, key: &str) -> Result<Vec<&'a str>, DocumentError> {
        let expected = "an array of strings that are not empty";
        let text = |value: &'a Value| match &value.content {
            Content::Text(text) if !text.is_empty() => Ok(text.as_str()),
            _ => Err(DocumentErrorKind::WrongType { expected }
                .at(value.position, joined(&self.path, key))),
        };
        match self.get(key) {
            None => Ok(Vec::new()),
            Some(Value { content: Content::List(list), .. }) => list.iter().map(text).collect(),
            Some(value) => Ok(vec![text(value)?]),
        }
    }

    /// The table of a key, whose own keys are `known`.
    ///
    /// # Errors
    ///
    /// [`DocumentError`] when it is something else, or has other keys.
    pub fn table(
        &self,
        key: &str,
        known: &[&'static str],
    ) -> Result<Option<Fields<'a>>, DocumentError> {
        let expected = "a table";
        match self.get(key) {
            None => Ok(None),
            Some(Value { content: Content::Table(table), position }) => {
                Fields::of(table, &joined(&self.path, key), *position, known).map(Some)
            }
            Some(_) => Err(self.wrong(key, DocumentErrorKind::WrongType { expected })),
        }
    }
}

const NOT_EMPTY: &str = "a string that is not empty";
