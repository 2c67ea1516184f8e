use std::fmt;
use std::ops::Range;

use headgate_core::{Variables, expand_secrets};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::{DocumentError, DocumentErrorKind, Position};
use super::lines::Lines;

/// The longest document that is read, in bytes.
const LIMIT: usize = 256 * 1024;

const BYTE_ORDER_MARK: char = '\u{feff}';

/// A table of a document.
#[derive(Debug)]
pub struct Table {
    /// The entries in the document's order.
    pub entries: Vec<Entry>,
}

/// A key and its value.
#[derive(Debug)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// The value; its position is the key's.
    pub value: Value,
}

/// A value, and where it stands.
#[derive(Debug)]
pub struct Value {
    /// Where the value's key stands, or within an array the value itself.
    pub position: Position,
    /// The value.
    pub content: Content,
}

/// What a value is.
pub enum Content {
    /// A string.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// `true` or `false`.
    Boolean(bool),
    /// An array.
    List(Vec<Value>),
    /// A table.
    Table(Table),
    /// A value of a type that no configuration has: a fraction, a date, a number of more than 64 bits.
    Other,
}

/// Shows no value: a document may hold keys.
impl fmt::Debug for Content {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(_) => formatter.write_str("Text(…)"),
            Self::Integer(_) => formatter.write_str("Integer(…)"),
            Self::Boolean(_) => formatter.write_str("Boolean(…)"),
            Self::List(list) => list.fmt(formatter),
            Self::Table(table) => table.fmt(formatter),
            Self::Other => formatter.write_str("Other"),
        }
    }
}

/// Reads a document.
///
/// # Errors
///
/// [`DocumentError`] when the text is longer than 256 KiB or is not TOML.
pub fn parse(text: &str) -> Result<Table, DocumentError> {
    if text.len() > LIMIT {
        return Err(DocumentErrorKind::TooLong.at(Position::START, ""));
    }
    let body = text.trim_start_matches(BYTE_ORDER_MARK);
    let reader = Reader { lines: Lines::of(body) };
    let root = DeTable::parse(body).map_err(|error| {
        let position = error.span().map_or(Position::START, |span| reader.at(&span));
        DocumentErrorKind::NotToml { reason: error.message().to_owned() }.at(position, "")
    })?;
    Ok(reader.table(root.get_ref()))
}

/// Puts the values of variables in the place of every `${secret:NAME}` in a document's strings.
///
/// # Errors
///
/// [`DocumentError`] at the string whose variable is not set or cannot be read; it names the variable.
pub async fn expand(table: &mut Table, variables: &impl Variables) -> Result<(), DocumentError> {
    let mut pending = below("", table);
    while let Some((path, value)) = pending.pop() {
        let position = value.position;
        match &mut value.content {
            Content::Text(text) if text.contains("${secret:") => {
                *text = expand_secrets(text, variables)
                    .await
                    .map_err(|error| DocumentErrorKind::Secret(error).at(position, path))?;
            }
            Content::List(list) => {
                pending.extend(list.iter_mut().map(|value| (path.clone(), value)));
            }
            Content::Table(table) => pending.extend(below(&path, table)),
            Content::Text(_) | Content::Integer(_) | Content::Boolean(_) | Content::Other => {}
        }
    }
    Ok(())
}

fn below<'t>(path: &str, table: &'t mut Table) -> Vec<(String, &'t mut Value)> {
    let entries = table.entries.iter_mut();
    entries.map(|entry| (joined(path, &entry.key), &mut entry.value)).collect()
}

/// A key behind the tables that hold it.
pub(super) fn joined(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

struct Reader<'a> {
    lines: Lines<'a>,
}

impl Reader<'_> {
    fn at(&self, span: &Range<usize>) -> Position {
        self.lines.at(span.start)
    }

    fn table(&self, table: &DeTable<'_>) -> Table {
        let entries = table.iter().map(|(key, value)| Entry {
            key: key.get_ref().as_ref().to_owned(),
            value: Value { position: self.at(&key.span()), content: self.content(value) },
        });
        Table { entries: entries.collect() }
    }

    fn content(&self, value: &Spanned<DeValue<'_>>) -> Content {
        match value.get_ref() {
            DeValue::String(text) => Content::Text(text.as_ref().to_owned()),
            DeValue::Integer(integer) => i64::from_str_radix(integer.as_str(), integer.radix())
                .map_or(Content::Other, Content::Integer),
            DeValue::Boolean(boolean) => Content::Boolean(*boolean),
            DeValue::Array(items) => Content::List(
                items
                    .iter()
                    .map(|item| Value {
                        position: self.at(&item.span()),
                        content: self.content(item),
                    })
                    .collect(),
            ),
            DeValue::Table(table) => Content::Table(self.table(table)),
            DeValue::Float(_) | DeValue::Datetime(_) => Content::Other,
        }
    }
}
