use std::collections::HashSet;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::error::{BackendsErrorKind, Fault};
use super::tree::{DEPTH, Node, Text, Value, index_path, key_path};
use super::without_mark;

/// Reads a JSON document (RFC 8259). A key that an object has twice refuses it.
pub(super) fn read(text: &str) -> Result<Node, Fault> {
    let (body, start) = without_mark(text);
    let root: &RawValue = serde_json::from_str(body)
        .map_err(|error| Fault::of_document(start + offset_of(&error, body), not_json(&error)))?;
    Reader { text }.node(root, String::new(), 0)
}

struct Reader<'t> {
    text: &'t str,
}

impl Reader<'_> {
    /// Each value is a slice of the document, so where it begins is known. Every level reads its part once more, which
    /// the limit on depth bounds.
    fn node(&self, raw: &RawValue, path: String, depth: usize) -> Result<Node, Fault> {
        let json = raw.get();
        let offset = json.as_ptr().addr().saturating_sub(self.text.as_ptr().addr());
        let fault = |path: &str, kind| Fault { offset, path: path.to_owned(), kind };
        if depth > DEPTH {
            return Err(fault(&path, BackendsErrorKind::TooDeep));
        }
        let malformed = |error: serde_json::Error| fault("", not_json(&error));
        let value = match json.as_bytes().first() {
            Some(b'{') => {
                let members: Members<'_> = serde_json::from_str(json).map_err(malformed)?;
                Value::Table(self.members(members, &path, depth)?)
            }
            Some(b'[') => {
                let items: Vec<&RawValue> = serde_json::from_str(json).map_err(malformed)?;
                let items = items.into_iter().enumerate();
                let items =
                    items.map(|(index, item)| self.node(item, index_path(&path, index), depth + 1));
                Value::List(items.collect::<Result<_, _>>()?)
            }
            Some(b'"') => {
                let text: String = serde_json::from_str(json).map_err(malformed)?;
                Value::Text(Text::new(&text))
            }
            Some(b't') => Value::Boolean(true),
            Some(b'f') => Value::Boolean(false),
            Some(b'n') | None => Value::Null,
            Some(_) => json.parse().map_or(Value::Other, Value::Whole),
        };
        Ok(Node { path, offset, value })
    }

    fn members(
        &self,
        Members(members): Members<'_>,
        path: &str,
        depth: usize,
    ) -> Result<Vec<(String, Node)>, Fault> {
        let mut seen = HashSet::new();
        let mut nodes = Vec::with_capacity(members.len());
        for (key, raw) in members {
            let node = self.node(raw, key_path(path, &key), depth + 1)?;
            if !seen.insert(key.clone()) {
                return Err(node.fault(BackendsErrorKind::KeyTwice));
            }
            nodes.push((key, node));
        }
        Ok(nodes)
    }
}

/// An object's members in the document's order, duplicates included.
struct Members<'de>(Vec<(String, &'de RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;

        impl<'de> Visitor<'de> for Object {
            type Value = Members<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(Object)
    }
}

fn not_json(error: &serde_json::Error) -> BackendsErrorKind {
    let text = error.to_string();
    let reason = text.split(" at line ").next().unwrap_or_default().to_owned();
    BackendsErrorKind::NotJson { reason }
}

/// `serde_json` counts lines from one, and bytes within a line up to and including the one it stumbled over.
fn offset_of(error: &serde_json::Error, text: &str) -> usize {
    let before = text.split_inclusive('\n').take(error.line().saturating_sub(1));
    before.map(str::len).sum::<usize>() + error.column().saturating_sub(1)
}
