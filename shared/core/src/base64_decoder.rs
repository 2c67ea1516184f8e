use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use bytes::Bytes;
use memchr::memchr;

/// Decodes base64 (RFC 4648 §4) that comes in pieces.
///
/// It is strict: there is nothing between the characters, and no bits are left over. The padding may be missing as a whole.
/// It holds fewer than four characters, or as many as [`gathering`](Self::gathering) says.
///
/// ```
/// # use headgate_core::{Base64Decoder, NotBase64};
/// let mut decoder = Base64Decoder::default();
/// assert_eq!(decoder.push(b"SGVhZGd")?, "Hea");
/// assert_eq!(decoder.push(b"hdGU=")?, "dga");
/// assert_eq!(decoder.finish()?, "te");
/// # Ok::<(), NotBase64>(())
/// ```
#[derive(Debug, Default)]
pub struct Base64Decoder {
    pending: Vec<u8>,
    padding: usize,
    least: usize,
}

/// The text is no base64.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is not base64 (RFC 4648 §4): send the standard alphabet, without line breaks")]
pub struct NotBase64;

impl Base64Decoder {
    /// Decodes no fewer than `least` characters at a time, rounded up to fours, so that short pieces, as between the escapes of a JSON text, cost
    /// little.
    #[must_use]
    pub const fn gathering(least: usize) -> Self {
        Self { pending: Vec::new(), padding: 0, least: least.next_multiple_of(4) }
    }

    /// Takes the next piece, and gives what is complete.
    ///
    /// # Errors
    ///
    /// [`NotBase64`].
    pub fn push(&mut self, piece: &[u8]) -> Result<Bytes, NotBase64> {
        let end = match self.padding {
            0 => memchr(b'=', piece).unwrap_or(piece.len()),
            _ => 0,
        };
        let (text, padding) = piece.split_at(end);
        self.padding += padding.len();
        if self.padding > 2 || padding.iter().any(|byte| *byte != b'=') {
            return Err(NotBase64);
        }
        if self.pending.len() + text.len() < self.least.max(4) {
            self.pending.extend_from_slice(text);
            return Ok(Bytes::new());
        }
        // What is pending is filled up to fours, and the rest is decoded where it lies.
        let missing = self.pending.len().next_multiple_of(4) - self.pending.len();
        let (first, text) = text.split_at_checked(missing).ok_or(NotBase64)?;
        self.pending.extend_from_slice(first);
        let (whole, rest) = text.split_at(text.len() / 4 * 4);
        let mut decoded = Vec::with_capacity((self.pending.len() + whole.len()) / 4 * 3);
        decode_into(&mut decoded, &self.pending)?;
        decode_into(&mut decoded, whole)?;
        self.pending.clear();
        self.pending.extend_from_slice(rest);
        Ok(decoded.into())
    }

    /// Gives what is left when no more comes.
    ///
    /// # Errors
    ///
    /// [`NotBase64`].
    pub fn finish(&mut self) -> Result<Bytes, NotBase64> {
        let text = std::mem::take(&mut self.pending);
        match (text.len() % 4, std::mem::take(&mut self.padding)) {
            (0, 0) | (2, 0 | 2) | (3, 0 | 1) => {
                let mut decoded = Vec::new();
                decode_into(&mut decoded, &text)?;
                Ok(decoded.into())
            }
            _ => Err(NotBase64),
        }
    }
}

fn decode_into(decoded: &mut Vec<u8>, text: &[u8]) -> Result<(), NotBase64> {
    STANDARD_NO_PAD.decode_vec(text, decoded).map_err(|_| NotBase64)
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::STANDARD;
    use proptest::prelude::*;

    use super::*;

    /// Decodes a text that is cut into pieces so long.
    fn whole(mut decoder: Base64Decoder, text: &str, cut: usize) -> Result<Vec<u8>, NotBase64> {
        let mut decoded = Vec::new();
        for piece in text.as_bytes().chunks(cut) {
            decoded.extend(decoder.push(piece)?);
        }
        decoded.extend(decoder.finish()?);
        Ok(decoded)
    }

    fn decoders() -> [Base64Decoder; 3] {
        [Base64Decoder::default(), Base64Decoder::gathering(7), Base64Decoder::gathering(4_096)]
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
            for decoder in decoders() {
                prop_assert_eq!(whole(decoder, &text, cut), Ok(bytes.clone()));
            }
        }

        #[test]
        fn it_takes_what_the_strict_engines_take_and_no_more(text in "[AQgw+/=\n -]{0,9}", cut in 1_usize..4) {
            let expected = STANDARD.decode(&text).or_else(|_| STANDARD_NO_PAD.decode(&text)).map_err(|_| NotBase64);
            for decoder in decoders() {
                prop_assert_eq!(whole(decoder, &text, cut), expected.clone());
            }
        }
    }

    #[test]
    fn what_is_no_base64_is_refused() {
        for text in [
            "A", "AA=", "AAA==", "AAAA=", "AA==AA==", "A A=", "AA\n==", "AB==", "-_", "=",
            "\"QUJD\"",
        ] {
            for cut in 1..=text.len() {
                for decoder in decoders() {
                    assert_eq!(whole(decoder, text, cut), Err(NotBase64), "{text} by {cut}");
                }
            }
        }
    }

    #[test]
    fn what_is_complete_is_given_at_once_unless_it_is_gathered() {
        let mut at_once = Base64Decoder::default();
        assert_eq!(at_once.push(b"QUJDR").unwrap(), "ABC");
        assert_eq!(at_once.push(b"EV").unwrap(), "");
        assert_eq!(at_once.push(b"G").unwrap(), "DEF");
        let mut gathering = Base64Decoder::gathering(8);
        assert_eq!(gathering.push(b"QUJDR").unwrap(), "");
        assert_eq!(gathering.push(b"EVGRw").unwrap(), "ABCDEF");
        assert_eq!(gathering.finish().unwrap(), "G");
    }

    #[test]
    fn a_long_piece_is_decoded_where_it_lies_whatever_is_pending() {
        let piece = "QUJD".repeat(4_096);
        for pending in ["", "Q", "QU", "QUJ"] {
            for mut decoder in [Base64Decoder::default(), Base64Decoder::gathering(6)] {
                assert_eq!(decoder.push(pending.as_bytes()).unwrap(), "");
                let rest = "QUJD".strip_prefix(pending).unwrap();
                let decoded = decoder.push(format!("{rest}{piece}Q").as_bytes()).unwrap();
                assert_eq!(decoded, "ABC".repeat(4_097));
                assert!(decoder.pending.capacity() <= 16, "{}", decoder.pending.capacity());
            }
        }
    }
}
