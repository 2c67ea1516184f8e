use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Why a text holds no PEM blocks that can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PemError {
    /// There is no `-----BEGIN …-----`.
    #[error("has no PEM block")]
    NoBlock,
    /// A block is of another kind, as a private key.
    #[error("has a PEM block of another kind than {expected}")]
    OtherKind {
        /// The kind that belongs here.
        expected: &'static str,
    },
    /// A block has no end.
    #[error("has a PEM block without its END line")]
    Unclosed,
    /// A block's content is not base64.
    #[error("has a PEM block that is not base64")]
    NotBase64,
}

const BEGIN: &str = "-----BEGIN ";
const DASHES: &str = "-----";

/// Reads every block of a text, all of which must be of `kind`.
///
/// More tolerant than RFC 7468 in one way: line breaks may stand anywhere in a block or nowhere, or be spaces or tabs,
/// because proxies fold a PEM text to make a header of it. Text outside of the blocks is a comment.
pub(super) fn blocks(text: &str, kind: &'static str) -> Result<Vec<Vec<u8>>, PemError> {
    let end = format!("-----END {kind}-----");
    let mut blocks = Vec::new();
    let mut rest = text;
    while let Some((_, block)) = rest.split_once(BEGIN) {
        let (label, block) = block.split_once(DASHES).ok_or(PemError::Unclosed)?;
        if label != kind {
            return Err(PemError::OtherKind { expected: kind });
        }
        let (content, after) = block.split_once(&end).ok_or(PemError::Unclosed)?;
        blocks.push(base64(content).ok_or(PemError::NotBase64)?);
        rest = after;
    }
    if blocks.is_empty() { Err(PemError::NoBlock) } else { Ok(blocks) }
}

/// Decodes base64 in which ASCII whitespace may stand; `None` when it is not base64 or empty.
pub(super) fn base64(text: &str) -> Option<Vec<u8>> {
    let compact: String =
        text.chars().filter(|character| !character.is_ascii_whitespace()).collect();
    STANDARD.decode(compact).ok().filter(|bytes| !bytes.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<Vec<u8>>, PemError> {
        blocks(text, "CERTIFICATE")
    }

    #[test]
    fn line_breaks_may_be_folded_or_absent() {
        for text in [
            "-----BEGIN CERTIFICATE-----\nAQ\nID\n-----END CERTIFICATE-----\n",
            "-----BEGIN CERTIFICATE-----\r\nAQID\r\n-----END CERTIFICATE-----",
            "-----BEGIN CERTIFICATE----- AQ ID -----END CERTIFICATE-----",
            "-----BEGIN CERTIFICATE-----\n\tAQ\n\tID\n\t-----END CERTIFICATE-----",
            "-----BEGIN CERTIFICATE-----AQID-----END CERTIFICATE-----",
            "a comment\n-----BEGIN CERTIFICATE-----\nAQID\n-----END CERTIFICATE-----\nanother",
        ] {
            assert_eq!(read(text), Ok(vec![vec![1, 2, 3]]), "{text:?}");
        }
    }

    #[test]
    fn a_text_without_usable_blocks_is_refused() {
        let other_kind = PemError::OtherKind { expected: "CERTIFICATE" };
        for (text, error) in [
            ("", PemError::NoBlock),
            ("AQID", PemError::NoBlock),
            ("-----BEGIN PRIVATE KEY-----AQID-----END PRIVATE KEY-----", other_kind),
            ("-----BEGIN -----AQID-----END -----", other_kind),
            ("-----BEGIN CERTIFICATE", PemError::Unclosed),
            ("-----BEGIN CERTIFICATE-----AQID", PemError::Unclosed),
            ("-----BEGIN CERTIFICATE-----AQID-----END X-----", PemError::Unclosed),
            ("-----BEGIN CERTIFICATE----------END CERTIFICATE-----", PemError::NotBase64),
            ("-----BEGIN CERTIFICATE-----AQI-----END CERTIFICATE-----", PemError::NotBase64),
            ("-----BEGIN CERTIFICATE-----A*ID-----END CERTIFICATE-----", PemError::NotBase64),
        ] {
            assert_eq!(read(text), Err(error), "{text:?}");
        }
    }
}
