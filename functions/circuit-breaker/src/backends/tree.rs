use super::error::{BackendsErrorKind, Fault};

/// A value of a document, whichever syntax it was written in. It has no `Debug`: a document may hold secrets.
pub(super) struct Node {
    /// The keys that lead here.
    pub(super) path: String,
    /// Where it stands, in bytes: the key in TOML, the value in JSON and in a list.
    pub(super) offset: usize,
    pub(super) value: Value,
}

pub(super) enum Value {
    /// JSON's `null`, which exports write for what is not given.
    Null,
    Boolean(bool),
    Whole(i64),
    /// A number that is not whole, a date.
    Other,
    Text(Text),
    List(Vec<Node>),
    /// Each key once, in the document's order.
    Table(Vec<(String, Node)>),
}

/// A text, in which references may have been replaced.
pub(super) struct Text {
    pub(super) value: String,
    /// How many characters stand in the document: limits are about these.
    pub(super) written: usize,
}

impl Text {
    pub(super) fn new(value: &str) -> Self {
        Self { value: value.to_owned(), written: value.chars().count() }
    }
}

/// One backend or pool of a document.
pub(super) struct Entry {
    /// As it is written.
    pub(super) name: String,
    /// What ARM calls its `properties`.
    pub(super) properties: Node,
}

/// The deepest nesting that is read.
pub(super) const DEPTH: usize = 32;

impl Node {
    pub(super) fn fault(&self, kind: BackendsErrorKind) -> Fault {
        Fault { offset: self.offset, path: self.path.clone(), kind }
    }

    /// The value of a table's key; `None` when it is absent, null, or this is no table.
    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        let Value::Table(members) = &self.value else {
            return None;
        };
        let found = members.iter().find(|(name, _)| name == key);
        found.map(|(_, node)| node).filter(|node| !matches!(node.value, Value::Null))
    }

    /// The text, whatever its length; `None` for any other value.
    pub(super) fn as_text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(&text.value),
            _ => None,
        }
    }
}

/// The path of a table's key. A long key is cut, so that paths stay short whatever a document holds.
pub(super) fn key_path(parent: &str, key: &str) -> String {
    const MOST: usize = 80;
    let key: String = key.chars().take(MOST).flat_map(char::escape_debug).collect();
    if parent.is_empty() { key } else { format!("{parent}.{key}") }
}

/// The path of a list's entry.
pub(super) fn index_path(parent: &str, index: usize) -> String {
    format!("{parent}[{index}]")
}
