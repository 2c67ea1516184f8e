use bytes::Bytes;

use super::ContentError;
use super::pieces::Pieces;

/// What a body says of the file before the file begins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) content_type: Option<String>,
    pub(super) name: Option<String>,
}

/// Takes a file out of a body that comes in pieces of at most 64 KiB, and holds no more than it has to.
pub(super) trait Decode: Send + 'static {
    /// Takes the next piece.
    fn push(&mut self, piece: Bytes, out: &mut Pieces) -> Result<(), ContentError>;

    /// Takes the end.
    fn finish(&mut self, out: &mut Pieces) -> Result<(), ContentError>;

    /// What was said of the file, once it has begun.
    fn head(&self) -> Option<&Head>;
}

/// The longest media type, in bytes.
pub(super) const LONGEST_TYPE: usize = 255;

/// Checks a media type: no more than that a header can carry it.
pub(super) fn media_type(text: &str) -> Result<String, ContentError> {
    let is_visible = text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    let text = text.trim();
    let is_some = !text.is_empty() && text.len() <= LONGEST_TYPE;
    if is_visible && is_some { Ok(text.to_owned()) } else { Err(ContentError::TypeMalformed) }
}
