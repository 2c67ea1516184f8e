use std::ops::Range;

use ::toml::Spanned;
use ::toml::de::{DeTable, DeValue};
use headgate_events::document::nearest;

use super::error::{BackendsErrorKind, Fault, Suggestion};
use super::tree::{DEPTH, Entry, Node, Text, Value, index_path, key_path};
use super::without_mark;

/// The table that holds a table for each backend and pool.
const ROOT: &str = "backends";

/// Reads a TOML document: `[backends.NAME]`, in it the keys of an ARM resource's `properties`.
pub(super) fn read(text: &str) -> Result<Vec<Entry>, Fault> {
    let (body, start) = without_mark(text);
    let root = DeTable::parse(body).map_err(|error| {
        let offset = start + error.span().map_or(0, |span| span.start);
        Fault::of_document(
            offset,
            BackendsErrorKind::NotToml { reason: error.message().to_owned() },
        )
    })?;
    let mut entries = Vec::new();
    for (key, value) in root.get_ref() {
        let node = node(value, String::from(key.get_ref().as_ref()), &key.span(), start, 0)?;
        if node.path != ROOT {
            let suggestion = Suggestion(nearest(&node.path, [ROOT]).map(str::to_owned));
            return Err(node.fault(BackendsErrorKind::UnknownKey { suggestion }));
        }
        let Value::Table(members) = node.value else {
            return Err(node.fault(BackendsErrorKind::WrongType { expected: "a table" }));
        };
        entries.extend(members.into_iter().map(|(name, properties)| Entry { name, properties }));
    }
    Ok(entries)
}

fn node(
    value: &Spanned<DeValue<'_>>,
    path: String,
    place: &Range<usize>,
    start: usize,
    depth: usize,
) -> Result<Node, Fault> {
    let offset = start + place.start;
    if depth > DEPTH {
        return Err(Fault { offset, path, kind: BackendsErrorKind::TooDeep });
    }
    let value = match value.get_ref() {
        DeValue::String(text) => Value::Text(Text::new(text)),
        DeValue::Integer(integer) => match i64::from_str_radix(integer.as_str(), integer.radix()) {
            Ok(number) => Value::Whole(number),
            Err(_) => Value::Other,
        },
        DeValue::Boolean(boolean) => Value::Boolean(*boolean),
        DeValue::Float(_) | DeValue::Datetime(_) => Value::Other,
        DeValue::Array(items) => {
            let items = items.iter().enumerate().map(|(index, item)| {
                node(item, index_path(&path, index), &item.span(), start, depth + 1)
            });
            Value::List(items.collect::<Result<_, _>>()?)
        }
        DeValue::Table(members) => {
            let members = members.iter().map(|(key, value)| {
                let name = key.get_ref().as_ref();
                let path = key_path(&path, name);
                Ok((name.to_owned(), node(value, path, &key.span(), start, depth + 1)?))
            });
            Value::Table(members.collect::<Result<_, _>>()?)
        }
    };
    Ok(Node { path, offset, value })
}
