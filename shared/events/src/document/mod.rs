//! Configuration documents in TOML: every key keeps its place, so that an error can name it.
//!
//! [`parse`] reads a document, [`expand`] puts in what `${secret:NAME}` refers to, and [`Fields`] takes a table's
//! values out by key and refuses the keys that nobody knows.

mod error;
mod fields;
mod lines;
mod suggestion;
mod tree;

pub use error::{DocumentError, DocumentErrorKind, Position, Suggestion};
pub use fields::Fields;
pub use lines::Lines;
pub use suggestion::nearest;
pub use tree::{Content, Entry, Table, Value, expand, parse};
