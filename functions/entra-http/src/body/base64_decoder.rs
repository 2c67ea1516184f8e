use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use bytes::Bytes;

/// Decodes base64 (RFC 4648 §4) that comes in pieces.
///
/// It is strict: there is nothing between the characters, and no bits are left over. The padding may be missing as a whole.
#[derive(Debug, Default)]
pub struct Base64Decoder {
    /// Fewer than four characters.
    pending: Vec<u8>,
    padding: usize,
}

/// The text is no base64.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("body is not base64: send its bytes in the standard alphabet, without line breaks")]
pub struct NotBase64;

impl Base64Decoder {
    /// Takes the next piece, and gives what is complete.
    ///
    /// # Errors
    ///
    /// [`NotBase64`].
    pub fn push(&mut self, piece: &[u8]) -> Result<Bytes, NotBase64> {
        let end = match self.padding {
            0 => piece.iter().position(|byte| *byte == b'=').unwrap_or(piece.len()),
            _ => 0,
        };
        let (text, padding) = piece.split_at(end);
        self.padding += padding.len();
        if padding.iter().any(|byte| *byte != b'=') || self.padding > 2 {
            return Err(NotBase64);
        }
        self.pending.extend_from_slice(text);
        let whole = self.pending.len() / 4 * 4;
        let rest = self.pending.split_off(whole);
        let text = std::mem::replace(&mut self.pending, rest);
        decode(&text)
    }

    /// Gives what is left when no more comes.
    ///
    /// # Errors
    ///
    /// [`NotBase64`].
    pub fn finish(&mut self) -> Result<Bytes, NotBase64> {
        let text = std::mem::take(&mut self.pending);
        match (text.len(), std::mem::take(&mut self.padding)) {
            (0, 0) | (2, 0 | 2) | (3, 0 | 1) => decode(&text),
            _ => Err(NotBase64),
        }
    }
}

fn decode(text: &[u8]) -> Result<Bytes, NotBase64> {
    STANDARD_NO_PAD.decode(text).map(Bytes::from).map_err(|_| NotBase64)
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::STANDARD;
    use proptest::prelude::*;

    use super::*;

    fn whole(pieces: &[&[u8]]) -> Result<Vec<u8>, NotBase64> {
        let mut decoder = Base64Decoder::default();
        let mut decoded = Vec::new();
        for piece in pieces {
            decoded.extend(decoder.push(piece)?);
        }
        decoded.extend(decoder.finish()?);
        Ok(decoded)
    }

    proptest! {
        #[test]
        fn what_was_encoded_comes_back_however_it_is_cut(
            bytes in proptest::collection::vec(any::<u8>(), 0..200),
            cut in 1_usize..40,
            padded in any::<bool>(),
        ) {
            let text = if padded { STANDARD.encode(&bytes) } else { STANDARD_NO_PAD.encode(&bytes) };
            let pieces: Vec<&[u8]> = text.as_bytes().chunks(cut).collect();
            prop_assert_eq!(whole(&pieces), Ok(bytes));
        }

        #[test]
        fn it_takes_what_the_strict_engines_take_and_no_more(text in "[AQgw+/=\n -]{0,9}", cut in 1_usize..4) {
            let expected = STANDARD.decode(&text).or_else(|_| STANDARD_NO_PAD.decode(&text)).map_err(|_| NotBase64);
            let pieces: Vec<&[u8]> = text.as_bytes().chunks(cut).collect();
            prop_assert_eq!(whole(&pieces), expected);
        }
    }

    #[test]
    fn what_is_no_base64_is_refused() {
        for text in
            ["A", "AA=", "AAA==", "AAAA=", "AA==AA==", "A A=", "AA\n==", "AB==", "-_", "\"QUJD\""]
        {
            assert_eq!(whole(&[text.as_bytes()]), Err(NotBase64), "{text}");
        }
    }
}
