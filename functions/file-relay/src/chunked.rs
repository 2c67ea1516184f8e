//! The chunked upload of Logic Apps and Power Automate, as a server reads it (contracts, Power Platform §4.3). Pure.
//!
//! [`announced`] reads the request that begins an upload, [`Chunk::read`] one that brings a piece of it, [`Chunk::judge`] says what
//! the piece is to what is there already, and [`received`] is the header that answers it.

use http::header::{CONTENT_LENGTH, CONTENT_RANGE, HeaderName};
use http::{HeaderMap, HeaderValue};

/// `x-ms-transfer-mode`: `chunked` begins an upload.
pub const TRANSFER_MODE: HeaderName = HeaderName::from_static("x-ms-transfer-mode");
/// `x-ms-content-length`: how long the whole file is, in bytes.
pub const WHOLE_LENGTH: HeaderName = HeaderName::from_static("x-ms-content-length");
/// `x-ms-chunk-size`: how long a chunk should be, in bytes; an answer says it.
pub const CHUNK_SIZE: HeaderName = HeaderName::from_static("x-ms-chunk-size");

/// A request does not keep to the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChunkedError {
    /// A transfer mode that is not known.
    #[error("x-ms-transfer-mode must be chunked, or not be there")]
    ModeUnknown,
    /// The whole length is not said.
    #[error("x-ms-content-length must say how many bytes the whole file has")]
    LengthMissing,
    /// The request that begins an upload has content.
    #[error("a request with x-ms-transfer-mode has no body: the chunks follow")]
    NotEmpty,
    /// No range.
    #[error("Content-Range must be as in bytes=0-1023/10100 or bytes 0-1023/10100")]
    RangeMalformed,
    /// The chunk is not as long as its range.
    #[error("Content-Length is not the length of the chunk's Content-Range")]
    LengthDiffers,
    /// The total is another one than before.
    #[error("the total in Content-Range is not what x-ms-content-length said")]
    TotalDiffers,
}

/// How long the file is whose chunks will follow; `None` for a request that begins no chunked upload.
///
/// # Errors
///
/// [`ChunkedError::ModeUnknown`], [`ChunkedError::LengthMissing`] and [`ChunkedError::NotEmpty`].
pub fn announced(headers: &HeaderMap) -> Result<Option<u64>, ChunkedError> {
    if !headers.contains_key(TRANSFER_MODE) {
        return Ok(None);
    }
    let mode = one(headers, &TRANSFER_MODE).ok_or(ChunkedError::ModeUnknown)?;
    if !mode.eq_ignore_ascii_case("chunked") {
        return Err(ChunkedError::ModeUnknown);
    }
    if headers.contains_key(CONTENT_LENGTH) && length(headers, &CONTENT_LENGTH) != Some(0) {
        return Err(ChunkedError::NotEmpty);
    }
    length(headers, &WHOLE_LENGTH).map(Some).ok_or(ChunkedError::LengthMissing)
}

/// One chunk: the bytes from `from` up to but without `until`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// The first byte.
    pub from: u64,
    /// The first byte that is not in it.
    pub until: u64,
    /// How long the whole file is.
    pub total: u64,
}

/// What a chunk is to what is there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judged {
    /// It goes on from there, once so many of its first bytes are left out.
    Next {
        /// How many of its bytes are there already.
        skip: u64,
    },
    /// All of it is there: it is answered as it was before.
    Received,
    /// Bytes before it are missing.
    TooFar,
}

impl Chunk {
    /// Reads the headers of a chunk: `Content-Range` as the protocol writes it or as RFC 9110 §14.4 does, and `Content-Length`
    /// where there is one.
    ///
    /// # Errors
    ///
    /// [`ChunkedError::RangeMalformed`] and [`ChunkedError::LengthDiffers`].
    pub fn read(headers: &HeaderMap) -> Result<Self, ChunkedError> {
        let chunk = one(headers, &CONTENT_RANGE).and_then(Self::parse);
        let chunk = chunk.ok_or(ChunkedError::RangeMalformed)?;
        let said = length(headers, &CONTENT_LENGTH);
        let differs =
            said.map_or(headers.contains_key(CONTENT_LENGTH), |said| said != chunk.length());
        if differs { Err(ChunkedError::LengthDiffers) } else { Ok(chunk) }
    }

    /// How long it is, in bytes.
    #[must_use]
    pub const fn length(&self) -> u64 {
        self.until.saturating_sub(self.from)
    }

    /// Whether the file ends with it.
    #[must_use]
    pub const fn is_last(&self) -> bool {
        self.until == self.total
    }

    /// Judges it by the length that was announced and by how many bytes are there.
    ///
    /// # Errors
    ///
    /// [`ChunkedError::TotalDiffers`].
    pub const fn judge(&self, total: u64, received: u64) -> Result<Judged, ChunkedError> {
        if self.total != total {
            return Err(ChunkedError::TotalDiffers);
        }
        Ok(if self.until <= received {
            Judged::Received
        } else if self.from <= received {
            Judged::Next { skip: received - self.from }
        } else {
            Judged::TooFar
        })
    }

    fn parse(text: &str) -> Option<Self> {
        let (unit, rest) = text.split_at_checked("bytes".len())?;
        let rest = rest.strip_prefix(['=', ' '])?.trim_start();
        let (range, total) = rest.split_once('/')?;
        let (first, last) = range.split_once('-')?;
        let (from, until) = (number(first)?, number(last)?.checked_add(1)?);
        let total = number(total)?;
        let fits = unit.eq_ignore_ascii_case("bytes") && from < until && until <= total;
        fits.then_some(Self { from, until, total })
    }
}

/// The value of `Range` by which an answer says how many bytes are there: `bytes=0-1023` for 1,024. `None` for none.
#[must_use]
pub fn received(bytes: u64) -> Option<HeaderValue> {
    HeaderValue::try_from(format!("bytes=0-{}", bytes.checked_sub(1)?)).ok()
}

/// The value of a header that is there once.
fn one<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then(|| value.trim())
}

fn length(headers: &HeaderMap, name: &HeaderName) -> Option<u64> {
    number(one(headers, name)?)
}

/// Digits and nothing else.
fn number(text: &str) -> Option<u64> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(fields: &[(&'static str, &'static str)]) -> HeaderMap {
        let field = |(name, value): &(&'static str, &'static str)| {
            (HeaderName::from_static(name), HeaderValue::from_static(value))
        };
        fields.iter().map(field).collect()
    }

    #[test]
    fn an_upload_is_announced_with_its_whole_length_and_without_content() {
        let (mode, whole) = (("x-ms-transfer-mode", "Chunked"), ("x-ms-content-length", "10100"));
        for (fields, expected) in [
            (vec![], Ok(None)),
            (vec![whole], Ok(None)),
            (vec![mode, whole], Ok(Some(10_100))),
            (vec![mode, whole, ("content-length", "0")], Ok(Some(10_100))),
            (vec![mode, ("x-ms-content-length", "0")], Ok(Some(0))),
            (vec![mode, whole, ("content-length", "1")], Err(ChunkedError::NotEmpty)),
            (vec![mode], Err(ChunkedError::LengthMissing)),
            (vec![mode, ("x-ms-content-length", "-1")], Err(ChunkedError::LengthMissing)),
            (vec![("x-ms-transfer-mode", "once"), whole], Err(ChunkedError::ModeUnknown)),
        ] {
            assert_eq!(announced(&headers(&fields)), expected, "{fields:?}");
        }
    }

    #[test]
    fn a_range_is_read_with_an_equals_sign_and_without() {
        let read = |range: &'static str, length: &'static str| {
            Chunk::read(&headers(&[("content-range", range), ("content-length", length)]))
        };
        let chunk = Chunk { from: 0, until: 1_024, total: 10_100 };
        for range in ["bytes=0-1023/10100", "bytes 0-1023/10100", "Bytes= 0-1023/10100"] {
            assert_eq!(read(range, "1024"), Ok(chunk), "{range}");
        }
        assert_eq!(Chunk::read(&headers(&[("content-range", "bytes=0-1023/10100")])), Ok(chunk));
        let last = Chunk { from: 1, until: 2, total: 2 };
        assert_eq!(read("bytes=1-1/2", "1"), Ok(last));
        assert_eq!(read("bytes=0-1023/10100", "1023"), Err(ChunkedError::LengthDiffers));
        assert_eq!(read("bytes=0-1023/10100", "x"), Err(ChunkedError::LengthDiffers));
        for range in [
            "",
            "bytes",
            "bytes=",
            "bytes:0-1023/10100",
            "items=0-1023/10100",
            "bytes=0-1023",
            "bytes=0-1023/*",
            "bytes=*/10100",
            "bytes=1-0/10100",
            "bytes=0-1023/1023",
            "bytes=+0-1023/10100",
            "bytes=0-18446744073709551615/18446744073709551615",
            "byte€=0-1/2",
        ] {
            let headers =
                HeaderMap::from_iter([(CONTENT_RANGE, HeaderValue::from_str(range).unwrap())]);
            assert_eq!(Chunk::read(&headers), Err(ChunkedError::RangeMalformed), "{range}");
        }
        let twice = headers(&[("content-range", "bytes=0-1/2")]);
        let mut twice = twice;
        twice.append(CONTENT_RANGE, HeaderValue::from_static("bytes=0-1/2"));
        assert_eq!(Chunk::read(&twice), Err(ChunkedError::RangeMalformed));
    }

    #[test]
    fn chunks_come_in_order_and_may_come_again() {
        let chunk = Chunk { from: 100, until: 200, total: 300 };
        for (received, judged) in [
            (99, Judged::TooFar),
            (100, Judged::Next { skip: 0 }),
            (130, Judged::Next { skip: 30 }),
            (200, Judged::Received),
            (300, Judged::Received),
        ] {
            assert_eq!(chunk.judge(300, received), Ok(judged), "{received}");
        }
        assert_eq!(chunk.judge(299, 100), Err(ChunkedError::TotalDiffers));
        assert!(!chunk.is_last() && Chunk { until: 300, ..chunk }.is_last());
    }

    #[test]
    fn an_answer_says_what_is_there() {
        assert_eq!(received(1_024).unwrap(), "bytes=0-1023");
        assert_eq!(received(1).unwrap(), "bytes=0-0");
        assert_eq!(received(0), None);
    }
}
