use std::fmt;

use headgate_core::SecretError;

/// A place in a document: both count from one, columns in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The character within the line.
    pub column: usize,
}

impl Position {
    /// The beginning of a document.
    pub const START: Self = Self { line: 1, column: 1 };
}

impl fmt::Display for Position {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "line {}, column {}", self.line, self.column)
    }
}

/// Why a document cannot be honoured: where, which key, and what is wrong with it.
///
/// It prints as `line 4, column 1: audit.url must use https; …`. No text of it shows a value of the document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentError {
    /// Where the key stands.
    pub position: Position,
    /// The key with those of its tables before it, as `audit.filter.types`; empty for the document as a whole.
    pub key: String,
    /// What is wrong.
    pub kind: DocumentErrorKind,
}

/// The longest key that an error shows, in characters.
const LONGEST_KEY: usize = 120;

impl fmt::Display for DocumentError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let subject = if self.key.is_empty() { "the document" } else { &self.key };
        write!(formatter, "{}: ", self.position)?;
        match subject.char_indices().nth(LONGEST_KEY) {
            Some((end, _)) => write!(formatter, "{}…", subject.get(..end).unwrap_or_default())?,
            None => formatter.write_str(subject)?,
        }
        write!(formatter, " {}", self.kind)
    }
}

impl std::error::Error for DocumentError {}

/// What is wrong with a key or a document. The text continues a sentence that begins with the key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each variant's text is its documentation; the fields are names")]
pub enum DocumentErrorKind {
    #[error("is longer than 262144 bytes")]
    TooLong,
    #[error("is not TOML: {reason}")]
    NotToml { reason: String },
    #[error("is unknown{}", Suggestion(*suggestion))]
    Unknown { suggestion: Option<&'static str> },
    #[error("is missing")]
    Missing,
    #[error("must be {expected}")]
    WrongType { expected: &'static str },
    #[error("must be {choices}{}", Suggestion(*suggestion))]
    NotChoice { choices: &'static str, suggestion: Option<&'static str> },
    #[error("must be a whole number from {least} to {most}")]
    OutOfRange { least: i64, most: i64 },
    #[error("must be {expected}")]
    Malformed { expected: &'static str },
    #[error("must use https; http is for loopback addresses alone")]
    NotSecure,
    #[error("may not hold a user, a password or a fragment")]
    UrlParts,
    #[error("and {other} exclude each other")]
    Excluded { other: &'static str },
    #[error("needs one of {choices}")]
    NoneOf { choices: &'static str },
    #[error("{reason}")]
    Conflict { reason: &'static str },
    #[error("has more than {most} entries")]
    TooMany { most: usize },
    #[error("cannot be put in: {0}")]
    Secret(SecretError),
}

impl DocumentErrorKind {
    /// Says where it is wrong.
    #[must_use]
    pub fn at(self, position: Position, key: impl Into<String>) -> DocumentError {
        DocumentError { position, key: key.into(), kind: self }
    }
}

/// A name that the author may have meant; prints as `; did you mean NAME?` or as nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suggestion<N>(pub Option<N>);

impl<N: fmt::Display> fmt::Display for Suggestion<N> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(name) => write!(formatter, "; did you mean {name}?"),
            None => Ok(()),
        }
    }
}
