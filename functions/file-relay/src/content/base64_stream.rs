use memchr::memchr;

use super::ContentError;
use super::pieces::Pieces;

/// How many characters are worth being decoded.
const AT_ONCE: usize = 4 * 1024;

/// Decodes base64 (RFC 4648 §4) that comes in pieces.
///
/// It is strict: there is nothing between the characters, and no bits are left over. The padding may be missing as a whole
/// (contracts, Power Platform §4.1).
#[derive(Debug, Default)]
pub(super) struct Base64Stream {
    /// Characters that come in short runs, as between a JSON text's escapes, are decoded together.
    pending: Vec<u8>,
    padding: usize,
}

impl Base64Stream {
    /// Takes the next piece.
    pub(super) fn push(&mut self, piece: &[u8], out: &mut Pieces) -> Result<(), ContentError> {
        let end = match self.padding {
            0 => memchr(b'=', piece).unwrap_or(piece.len()),
            _ => 0,
        };
        let (text, padding) = piece.split_at(end);
        self.padding += padding.len();
        if self.padding > 2 || padding.iter().any(|byte| *byte != b'=') {
            return Err(ContentError::NotBase64);
        }
        if self.pending.is_empty() && text.len() >= AT_ONCE {
            let (whole, rest) = text.split_at(text.len() / 4 * 4);
            self.pending.extend_from_slice(rest);
            return out.decode(whole);
        }
        self.pending.extend_from_slice(text);
        if self.pending.len() < AT_ONCE {
            return Ok(());
        }
        let (whole, rest) = self.pending.split_at(self.pending.len() / 4 * 4);
        out.decode(whole)?;
        let (from, rest) = (whole.len(), rest.len());
        self.pending.copy_within(from.., 0);
        self.pending.truncate(rest);
        Ok(())
    }

    /// Takes what is left when no more comes.
    pub(super) fn finish(&mut self, out: &mut Pieces) -> Result<(), ContentError> {
        match (self.pending.len() % 4, self.padding) {
            (0, 0) | (2, 0 | 2) | (3, 0 | 1) => out.decode(&std::mem::take(&mut self.pending)),
            _ => Err(ContentError::NotBase64),
        }
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
    use proptest::prelude::*;

    use super::*;

    fn whole(text: &str, cut: usize) -> Option<Vec<u8>> {
        let (mut stream, mut out) = (Base64Stream::default(), Pieces::default());
        for piece in text.as_bytes().chunks(cut) {
            stream.push(piece, &mut out).ok()?;
        }
        stream.finish(&mut out).ok()?;
        let length = out.length();
        let bytes: Vec<u8> = std::iter::from_fn(|| out.next()).flatten().collect();
        assert_eq!((bytes.len(), out.length()), (length, 0));
        Some(bytes)
    }

    proptest! {
        #[test]
        fn what_was_encoded_comes_back_however_it_is_cut(
            bytes in proptest::collection::vec(any::<u8>(), 0..200),
            times in prop_oneof![Just(1_usize), Just(70)],
            cut in prop_oneof![1_usize..40, 4_000..4_200_usize],
            padded in any::<bool>(),
        ) {
            let bytes = bytes.repeat(times);
            let text = if padded { STANDARD.encode(&bytes) } else { STANDARD_NO_PAD.encode(&bytes) };
            prop_assert_eq!(whole(&text, cut), Some(bytes));
        }

        #[test]
        fn it_takes_what_the_strict_engines_take_and_no_more(text in "[AQgw+/=\n -]{0,9}", cut in 1_usize..4) {
            let expected = STANDARD.decode(&text).or_else(|_| STANDARD_NO_PAD.decode(&text)).ok();
            prop_assert_eq!(whole(&text, cut), expected);
        }
    }

    #[test]
    fn what_is_no_base64_is_refused() {
        for text in ["A", "AA=", "AAA==", "AAAA=", "AA==AA==", "A A=", "AA\n==", "AB==", "-_", "="]
        {
            for cut in 1..=text.len() {
                assert_eq!(whole(text, cut), None, "{text} by {cut}");
            }
        }
    }
}
