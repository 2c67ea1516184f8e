//! What the headers of an answer say of a file.

use http::header::{
    CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, DATE, ETAG, LAST_MODIFIED,
};
use http::{HeaderMap, StatusCode};

use super::PlaceError;
use crate::digest::{Algorithm, Digest};

/// A header's text, if there is one and it is ASCII.
pub(crate) fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

/// A number as RFC 9110 writes one: digits and nothing else.
pub(crate) fn number(text: &str) -> Option<u64> {
    (!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()))
        .then(|| text.parse().ok())
        .flatten()
}

/// `Content-Length`.
pub(crate) fn length(headers: &HeaderMap) -> Option<u64> {
    number(text(headers, CONTENT_LENGTH.as_str())?)
}

/// `Content-Type`.
pub(crate) fn content_type(headers: &HeaderMap) -> Option<String> {
    text(headers, CONTENT_TYPE.as_str()).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// `ETag`, with its quotes.
pub(crate) fn etag(headers: &HeaderMap) -> Option<String> {
    text(headers, ETAG.as_str()).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// Whether an entity tag is strong.
pub(crate) fn is_strong(etag: &str) -> bool {
    etag.starts_with('"')
}

/// What a place cannot do that gives a file no strong entity tag.
pub(crate) const NOT_TOLD: &str = "tell the file from another of its name, so it stays";

/// The value of `If-Match` for the request that deletes a file: none where nobody cares which file it is.
///
/// # Errors
///
/// [`PlaceError::Unsupported`] for an entity tag that is weak, which no file ever matches (RFC 9110 §13.1.1).
pub(crate) fn condition(etag: Option<&str>) -> Result<Option<&str>, PlaceError> {
    match etag {
        Some(etag) if !is_strong(etag) => Err(PlaceError::Unsupported(NOT_TOLD)),
        etag => Ok(etag),
    }
}

/// Whether the content is another one than what the name stands for.
pub(crate) fn is_encoded(headers: &HeaderMap) -> bool {
    let plain = |text: &str| {
        text.split(',').all(|coding| matches!(coding.trim(), "" | "identity" | "aws-chunked"))
    };
    headers
        .get_all(CONTENT_ENCODING)
        .iter()
        .any(|value| !value.to_str().is_ok_and(|text| plain(&text.to_ascii_lowercase())))
}

/// What tells this content from any other of its name: a strong ETag; where there is no ETag at all, a time of modification that
/// is strong (RFC 9110 §8.8.2.2), with the length.
pub(crate) fn validator(headers: &HeaderMap, length: Option<u64>) -> Option<String> {
    if let Some(etag) = etag(headers) {
        return is_strong(&etag).then_some(etag);
    }
    let modified = text(headers, LAST_MODIFIED.as_str())?;
    let moment = httpdate::parse_http_date(modified).ok()?;
    let date = httpdate::parse_http_date(text(headers, DATE.as_str())?).ok()?;
    let is_strong = date.duration_since(moment).is_ok_and(|age| age.as_secs() >= 1);
    is_strong.then(|| format!("{};{}", httpdate::fmt_http_date(moment), length.unwrap_or_default()))
}

/// The part of a validator that `If-Range` takes.
pub(crate) fn if_range(validator: &str) -> &str {
    match validator.starts_with('"') {
        true => validator,
        false => validator.split(';').next().unwrap_or_default(),
    }
}

/// `Content-Range` of a 206 or a 416 (RFC 9110 §14.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ContentRange {
    /// The first byte, and the first that is not there any more; `None` in a 416.
    pub(crate) bytes: Option<(u64, u64)>,
    /// The length of the whole.
    pub(crate) total: Option<u64>,
}

impl ContentRange {
    pub(crate) fn read(headers: &HeaderMap) -> Option<Self> {
        let (unit, rest) = text(headers, CONTENT_RANGE.as_str())?.split_once(' ')?;
        if !unit.eq_ignore_ascii_case("bytes") {
            return None;
        }
        let (range, total) = rest.trim().split_once('/')?;
        let total = match total {
            "*" => None,
            total => Some(number(total)?),
        };
        if range == "*" {
            return Some(Self { bytes: None, total });
        }
        let (first, last) = range.split_once('-')?;
        let (first, until) = (number(first)?, number(last)?.checked_add(1)?);
        // Azurite calls the range at the end of a file one from its length to the byte before.
        let fits = first <= until && total.is_none_or(|total| until <= total);
        fits.then_some(Self { bytes: Some((first, until)), total })
    }
}

/// Digests of the whole content: `Repr-Digest`, and when the answer is the whole, `Content-Digest` (RFC 9530) and `Content-MD5`
/// (RFC 1864).
pub(crate) fn digests(headers: &HeaderMap, status: StatusCode) -> Vec<Digest> {
    let mut digests = fields(headers, "repr-digest");
    if status == StatusCode::OK {
        digests.extend(fields(headers, "content-digest"));
        digests.extend(
            text(headers, "content-md5").and_then(|text| Digest::from_base64(Algorithm::Md5, text)),
        );
    }
    let mut known = Vec::new();
    digests.retain(|digest| {
        let is_new = !known.contains(&digest.algorithm);
        known.push(digest.algorithm);
        is_new
    });
    digests
}

/// A dictionary of byte sequences (RFC 8941 §3.2, 3.3.5), as `sha-256=:…:, md5=:…:`.
fn fields(headers: &HeaderMap, name: &str) -> Vec<Digest> {
    let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    let member = |member: &str| {
        let (key, value) = member.trim().split_once('=')?;
        let algorithm = match key {
            "sha-256" => Algorithm::Sha256,
            "md5" => Algorithm::Md5,
            _ => return None,
        };
        let value = value.split(';').next().unwrap_or_default().trim();
        Digest::from_base64(algorithm, value.strip_prefix(':')?.strip_suffix(':')?)
    };
    values.flat_map(|value| value.split(',')).filter_map(member).collect()
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn headers(fields: &[(&'static str, &'static str)]) -> HeaderMap {
        let field = |(name, value): &(&'static str, &'static str)| {
            (http::HeaderName::from_static(name), HeaderValue::from_static(value))
        };
        fields.iter().map(field).collect()
    }

    #[test]
    fn a_validator_is_a_strong_etag_or_a_time_that_is_surely_over() {
        let date = ("date", "Sun, 06 Nov 1994 08:49:38 GMT");
        let modified = ("last-modified", "Sun, 06 Nov 1994 08:49:37 GMT");
        let just_now = ("last-modified", "Sun, 06 Nov 1994 08:49:38 GMT");
        for (fields, validator) in [
            (vec![("etag", "\"a\""), date, modified], Some("\"a\"")),
            (vec![("etag", "W/\"a\""), date, modified], None),
            (vec![date, modified], Some("Sun, 06 Nov 1994 08:49:37 GMT;7")),
            (vec![date, just_now], None),
            (vec![modified], None),
            (vec![], None),
        ] {
            let found = super::validator(&headers(&fields), Some(7));
            assert_eq!(found.as_deref(), validator, "{fields:?}");
        }
        assert_eq!(if_range("\"a;b\""), "\"a;b\"");
        assert_eq!(if_range("Sun, 06 Nov 1994 08:49:37 GMT;7"), "Sun, 06 Nov 1994 08:49:37 GMT");
    }

    #[test]
    fn a_content_range_is_read_or_is_none() {
        let read = |text| ContentRange::read(&headers(&[("content-range", text)]));
        let some = |bytes, total| Some(ContentRange { bytes, total });
        assert_eq!(read("bytes 0-9/10"), some(Some((0, 10)), Some(10)));
        assert_eq!(read("Bytes 5-5/*"), some(Some((5, 6)), None));
        assert_eq!(read("bytes 10-9/10"), some(Some((10, 10)), Some(10)));
        assert_eq!(read("bytes */20"), some(None, Some(20)));
        let wrong = [
            "",
            "bytes",
            "bytes 0-9",
            "bytes 9-0/10",
            "bytes 0-10/10",
            "items 0-9/10",
            "bytes +0-9/10",
            "bytes 0-18446744073709551615/*",
        ];
        for text in wrong {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn digests_of_a_part_are_not_those_of_the_whole() {
        let said = headers(&[
            ("repr-digest", "sha-512=:AA==:, md5=:kAFQmDzST7DWlj99KOF/cg==:;a=1"),
            ("content-digest", "sha-256=:ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=:"),
            ("content-md5", "1B2M2Y8AsgTpgAmY7PhCfg=="),
        ]);
        let algorithms = |status| -> Vec<_> {
            digests(&said, status).into_iter().map(|digest| digest.algorithm).collect()
        };
        assert_eq!(algorithms(StatusCode::PARTIAL_CONTENT), [Algorithm::Md5]);
        // What was said first holds.
        assert_eq!(algorithms(StatusCode::OK), [Algorithm::Md5, Algorithm::Sha256]);
        assert_eq!(digests(&said, StatusCode::OK)[0].value[0], 0x90);
        for text in
            ["sha-256=:AA==:", "md5=kAFQmDzST7DWlj99KOF/cg==", "md5=:kAFQmDzST7DWlj99KOF/cg==", ","]
        {
            assert!(digests(&headers(&[("repr-digest", text)]), StatusCode::OK).is_empty());
        }
    }

    #[test]
    fn an_encoding_is_any_but_identity() {
        assert!(!is_encoded(&headers(&[])));
        assert!(!is_encoded(&headers(&[("content-encoding", "Identity")])));
        for text in ["gzip", "identity, br", "aws-chunked,gzip"] {
            assert!(is_encoded(&headers(&[("content-encoding", text)])), "{text}");
        }
    }
}
