use headgate_core::{Base64Decoder, NotBase64};

use super::ContentError;
use super::pieces::Pieces;

/// How many characters are worth being decoded: they come in short runs, as between a JSON text's escapes.
const AT_ONCE: usize = 4 * 1024;

/// Decodes base64 that comes in pieces; the padding may be missing as a whole (contracts, Power Platform §4.1).
#[derive(Debug)]
pub(super) struct Base64Stream(Base64Decoder);

impl Default for Base64Stream {
    fn default() -> Self {
        Self(Base64Decoder::gathering(AT_ONCE))
    }
}

impl Base64Stream {
    /// Takes the next piece.
    pub(super) fn push(&mut self, piece: &[u8], out: &mut Pieces) -> Result<(), ContentError> {
        let decoded = self.0.push(piece).map_err(|NotBase64| ContentError::NotBase64)?;
        out.pass(decoded);
        Ok(())
    }

    /// Takes what is left when no more comes.
    pub(super) fn finish(&mut self, out: &mut Pieces) -> Result<(), ContentError> {
        let decoded = self.0.finish().map_err(|NotBase64| ContentError::NotBase64)?;
        out.pass(decoded);
        Ok(())
    }
}
