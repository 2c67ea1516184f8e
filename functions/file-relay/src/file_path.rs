//! Paths of files below the root of a place.

use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde::{Deserialize, Serialize};

/// The longest path, in bytes.
const LONGEST: usize = 1024;

/// What RFC 3986 §2.3 leaves as it is.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A path below the root of a place: segments that are names and nothing else. It leads nowhere but down.
///
/// The empty path is the root itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct FilePath(String);

/// Why a text is no path of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FilePathError {
    /// Too long.
    #[error("the path is longer than {LONGEST} bytes")]
    TooLong,
    /// `.`, `..` or nothing between two slashes.
    #[error("the path has a segment that is empty, . or ..")]
    Segment,
    /// A control character, a backslash, or a character that some place takes for a separator.
    #[error("the path has a control character or a backslash")]
    Character,
    /// No UTF-8 once it is percent-decoded.
    #[error("the path is not UTF-8")]
    Encoding,
}

impl FilePath {
    /// Reads a path as it is said, without any encoding; slashes separate.
    ///
    /// # Errors
    ///
    /// [`FilePathError`]: nothing is mended.
    pub fn new(text: &str) -> Result<Self, FilePathError> {
        if text.is_empty() {
            return Ok(Self::default());
        }
        if text.len() > LONGEST {
            return Err(FilePathError::TooLong);
        }
        if text.chars().any(|character| character.is_control() || character == '\\') {
            return Err(FilePathError::Character);
        }
        if text.split('/').any(|segment| matches!(segment, "" | "." | "..")) {
            return Err(FilePathError::Segment);
        }
        Ok(Self(text.to_owned()))
    }

    /// Reads the path of a request, where each segment is percent-encoded. A slash that is encoded separates nothing, so it is
    /// refused.
    ///
    /// # Errors
    ///
    /// [`FilePathError`].
    pub fn of_request(text: &str) -> Result<Self, FilePathError> {
        let mut segments = Vec::new();
        for segment in text.split('/') {
            let decoded = percent_decode_str(segment).decode_utf8();
            let decoded = decoded.map_err(|_| FilePathError::Encoding)?;
            if decoded.contains('/') {
                return Err(FilePathError::Character);
            }
            segments.push(decoded);
        }
        Self::new(&segments.join("/"))
    }

    /// The path as text, without any encoding.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is the root.
    #[must_use]
    pub const fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// The last segment; empty for the root.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or_default()
    }

    /// The path of the folder that this is in; the root for a name alone.
    #[must_use]
    pub fn parent(&self) -> Self {
        Self(self.0.rsplit_once('/').map_or_else(String::new, |(parent, _)| parent.to_owned()))
    }

    /// The path below this one.
    ///
    /// # Errors
    ///
    /// [`FilePathError::TooLong`] when both together are.
    pub fn join(&self, below: &Self) -> Result<Self, FilePathError> {
        match (self.is_root(), below.is_root()) {
            (true, _) => Ok(below.clone()),
            (_, true) => Ok(self.clone()),
            _ => Self::new(&format!("{}/{}", self.0, below.0)),
        }
    }

    /// The path with each segment percent-encoded, for the path of a URL: everything but RFC 3986's unreserved characters.
    #[must_use]
    pub fn encoded(&self) -> String {
        let segments = self.0.split('/');
        let encoded: Vec<String> =
            segments.map(|segment| utf8_percent_encode(segment, SEGMENT).to_string()).collect();
        encoded.join("/")
    }
}

impl fmt::Display for FilePath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl TryFrom<String> for FilePath {
    type Error = FilePathError;

    fn try_from(text: String) -> Result<Self, FilePathError> {
        Self::new(&text)
    }
}

impl From<FilePath> for String {
    fn from(path: FilePath) -> Self {
        path.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_leads_nowhere_but_down() {
        for text in ["..", "a/../b", "a//b", "/a", "a/", ".", "a/./b"] {
            assert_eq!(FilePath::new(text), Err(FilePathError::Segment), "{text}");
        }
        for text in ["a\\b", "a\0", "a\nb", "\u{7f}", "\u{85}"] {
            assert_eq!(FilePath::new(text), Err(FilePathError::Character), "{text:?}");
        }
        assert_eq!(FilePath::new(&"a".repeat(1_025)), Err(FilePathError::TooLong));
    }

    #[test]
    fn a_request_cannot_hide_what_it_asks_for() {
        for (text, refused) in [
            ("%2e%2E/a", FilePathError::Segment),
            ("a%2fb", FilePathError::Character),
            ("a%5Cb", FilePathError::Character),
            ("a%00", FilePathError::Character),
            ("%ff", FilePathError::Encoding),
        ] {
            assert_eq!(FilePath::of_request(text), Err(refused), "{text}");
        }
        let path = FilePath::of_request("a%20b/%C3%BC%25.txt").unwrap();
        assert_eq!(path.as_str(), "a b/ü%.txt");
        assert_eq!(path.encoded(), "a%20b/%C3%BC%25.txt");
        assert_eq!((path.name(), path.parent().as_str()), ("ü%.txt", "a b"));
    }
}
