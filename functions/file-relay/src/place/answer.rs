//! What the answer to a `GET` of a file is: where it begins, what it is of, and how long it has to be.

use headgate_core::Body;
use http::header::TRANSFER_ENCODING;
use http::response::Parts;
use http::{HeaderMap, HeaderValue, Response, StatusCode, Version};

use super::exact::exact;
use super::headers::{self, ContentRange};
use super::{Opened, PlaceError, Range, Stat};
use crate::digest::Digest;

/// The value of `Range` for a range; `None` for the whole file (RFC 9110 §14.2).
pub(crate) fn range_header(range: Range) -> Option<HeaderValue> {
    let text = match (range.from, range.until) {
        (0, None) => return None,
        (from, None) => format!("bytes={from}-"),
        (from, Some(until)) => format!("bytes={from}-{}", until.saturating_sub(1)),
    };
    HeaderValue::try_from(text).ok()
}

/// What the headers of an answer say of the whole file.
pub(crate) fn stat(headers: &HeaderMap, length: Option<u64>, digests: Vec<Digest>) -> Stat {
    Stat {
        length,
        content_type: headers::content_type(headers),
        etag: headers::etag(headers),
        validator: headers::validator(headers, length),
        digests,
    }
}

/// Reads an answer of status 200, 206 or 416 to a request for `range` of the file that `validator` tells.
///
/// # Errors
///
/// - [`PlaceError::Changed`] when it is of another file, or does not say of which,
/// - [`PlaceError::Refused`] for a `Content-Encoding`, another range than the one that was asked for, or a content that nobody could
///   tell from one that broke off.
pub(crate) fn opened(
    response: Response<Body>,
    range: Range,
    validator: Option<&str>,
    digests: Vec<Digest>,
) -> Result<Opened, PlaceError> {
    let refused = |detail: &str| Err(PlaceError::Refused { detail: detail.to_owned() });
    let (head, body) = response.into_parts();
    let said = ContentRange::read(&head.headers);
    if head.status == StatusCode::RANGE_NOT_SATISFIABLE {
        return after_the_end(said, range);
    }
    if headers::is_encoded(&head.headers) {
        return refused("its answer has a Content-Encoding");
    }
    let (from, length, total) = if head.status == StatusCode::PARTIAL_CONTENT {
        let Some(ContentRange { bytes: Some((from, until)), total }) = said else {
            return refused("206 without a Content-Range");
        };
        // Without the total, nothing tells whether a range to the end came to the end.
        let Some(end) = range.until.into_iter().chain(total).min() else {
            return refused("its answer to a range does not say how long the file is");
        };
        let is_whole = until == end;
        if from != range.from || !is_whole {
            return refused("it answers another range than the one that was asked for");
        }
        (from, Some(until.saturating_sub(from)), total)
    } else {
        let length = headers::length(&head.headers);
        if length.is_none() && digests.is_empty() && ends_anywhere(&head, &body) {
            return refused(
                "its answer has neither a Content-Length nor a Transfer-Encoding, and would pass for whole wherever it broke off",
            );
        }
        (0, length, length)
    };
    let stat = stat(&head.headers, total, digests);
    if let Some(validator) = validator {
        judge(&stat, validator, from > 0 || range.from == 0)?;
    }
    let body = match length {
        Some(length) => exact(body, length),
        None => body,
    };
    Ok(Opened { stat, from, body })
}

/// Whether the end of the connection is the end of the content (RFC 9112 §6.3, rule 8). The host of a component does not say it.
fn ends_anywhere(head: &Parts, body: &Body) -> bool {
    !cfg!(target_family = "wasm")
        && head.version <= Version::HTTP_11
        && !head.headers.contains_key(TRANSFER_ENCODING)
        && http_body::Body::size_hint(body).exact().is_none()
}

/// Whether the answer is of the file that `validator` tells. An answer to `If-Range` need not say it again, and one that is read
/// from its beginning need not be the same as before.
fn judge(stat: &Stat, validator: &str, may_be_silent: bool) -> Result<(), PlaceError> {
    match &stat.validator {
        Some(found) if found == validator => Ok(()),
        // The same time of modification, of a length that this answer does not say.
        Some(found)
            if stat.length.is_none()
                && headers::if_range(found) == headers::if_range(validator) =>
        {
            Ok(())
        }
        None if stat.etag.is_none() && may_be_silent => Ok(()),
        _ => Err(PlaceError::Changed),
    }
}

/// A range that begins where the file ends is empty; one that begins behind its end is of another file.
fn after_the_end(said: Option<ContentRange>, range: Range) -> Result<Opened, PlaceError> {
    match said.and_then(|said| said.total) {
        Some(total) if total == range.from => {
            let stat = Stat { length: Some(total), ..Stat::default() };
            Ok(Opened { stat, from: total, body: Body::empty() })
        }
        Some(total) if total < range.from => Err(PlaceError::Changed),
        _ => Err(PlaceError::Refused { detail: "416".to_owned() }),
    }
}

#[cfg(test)]
mod tests {
    use futures_util::stream;
    use headgate_fakes::now;
    use http_body::Frame;
    use http_body_util::StreamBody;

    use super::*;
    use crate::digest::Algorithm;

    fn answer(status: u16, fields: &[(&str, &str)], body: &'static str) -> Response<Body> {
        let mut response = Response::builder().status(status);
        for (name, value) in fields {
            response = response.header(*name, *value);
        }
        response.body(Body::from(body)).unwrap()
    }

    fn open(
        response: Response<Body>,
        from: u64,
        validator: Option<&str>,
    ) -> Result<(u64, Option<u64>, String), PlaceError> {
        let opened = opened(response, Range { from, until: None }, validator, Vec::new())?;
        let body = now(opened.body.read(100)).map_err(PlaceError::Content)?;
        Ok((opened.from, opened.stat.length, String::from_utf8(body.into()).unwrap()))
    }

    #[test]
    fn the_rest_of_a_file_is_read_from_where_it_was_asked_for() {
        let fields = [("content-range", "bytes 2-4/5"), ("etag", "\"a\"")];
        let read = open(answer(206, &fields, "cde"), 2, Some("\"a\"")).unwrap();
        assert_eq!(read, (2, Some(5), "cde".to_owned()));
    }

    #[test]
    fn a_place_without_ranges_answers_from_the_beginning() {
        let fields = [("content-length", "5"), ("etag", "\"a\"")];
        let read = open(answer(200, &fields, "abcde"), 2, Some("\"a\"")).unwrap();
        assert_eq!(read, (0, Some(5), "abcde".to_owned()));
    }

    #[test]
    fn another_file_is_told_before_its_first_byte() {
        for (status, fields) in [
            (206, vec![("content-range", "bytes 2-4/5"), ("etag", "\"b\"")]),
            (206, vec![("content-range", "bytes 2-4/5"), ("etag", "W/\"a\"")]),
            (200, vec![("content-length", "3"), ("etag", "\"b\"")]),
            // From the beginning, and nothing says of what.
            (200, vec![("content-length", "3")]),
            (416, vec![("content-range", "bytes */1")]),
        ] {
            let read = open(answer(status, &fields, "cde"), 2, Some("\"a\""));
            assert!(matches!(read, Err(PlaceError::Changed)), "{status} {fields:?}");
        }
    }

    #[test]
    fn an_answer_to_if_range_need_not_say_the_validator_again() {
        let fields = [("content-range", "bytes 2-4/5")];
        assert!(open(answer(206, &fields, "cde"), 2, Some("\"a\"")).is_ok());
    }

    #[test]
    fn a_content_that_is_not_as_long_as_was_said_is_no_success() {
        for (status, fields) in [
            (206, vec![("content-range", "bytes 2-5/6")]),
            (200, vec![("content-length", "4")]),
            (200, vec![("content-length", "2")]),
        ] {
            let read = open(answer(status, &fields, "cde"), 2, None);
            assert!(matches!(read, Err(PlaceError::Content(_))), "{status} {fields:?}");
        }
    }

    #[test]
    fn what_is_not_what_was_asked_for_is_refused() {
        for (status, fields) in [
            (206, vec![]),
            (206, vec![("content-range", "bytes 1-3/5")]),
            (206, vec![("content-range", "bytes 2-3/5")]),
            // To the end of which nobody knows where it is.
            (206, vec![("content-range", "bytes 2-4/*")]),
            (200, vec![("content-encoding", "gzip")]),
            (416, vec![]),
        ] {
            let read = open(answer(status, &fields, "cde"), 2, None);
            assert!(matches!(read, Err(PlaceError::Refused { .. })), "{status} {fields:?}");
        }
    }

    #[test]
    fn a_range_with_an_end_needs_no_total() {
        let range = |until| Range { from: 2, until: Some(until) };
        let read = |until| {
            let fields = [("content-range", "bytes 2-4/*")];
            opened(answer(206, &fields, "cde"), range(until), None, Vec::new())
        };
        assert_eq!(now(read(5).unwrap().body.read(100)).unwrap(), "cde");
        assert!(matches!(read(6), Err(PlaceError::Refused { .. })));
    }

    #[test]
    fn a_content_that_may_end_anywhere_is_refused_unless_a_digest_tells_it() {
        let whole = |fields: &[(&str, &str)], version, digests| {
            let frames = [Ok::<_, std::io::Error>(Frame::data("abc".into()))];
            let (mut head, _) = answer(200, fields, "").into_parts();
            head.version = version;
            let body = Body::stream(StreamBody::new(stream::iter(frames)));
            let answer = Response::from_parts(head, body);
            opened(answer, Range::default(), None, digests).map(|opened| opened.stat.length)
        };
        let digest = Digest::from_base64(Algorithm::Md5, "kAFQmDzST7DWlj99KOF/cg==").unwrap();
        for version in [Version::HTTP_10, Version::HTTP_11] {
            let refused = whole(&[], version, Vec::new());
            assert!(matches!(refused, Err(PlaceError::Refused { .. })), "{version:?}");
            let chunked = [("transfer-encoding", "chunked")];
            assert_eq!(whole(&chunked, version, Vec::new()).unwrap(), None);
            assert_eq!(whole(&[("content-length", "3")], version, Vec::new()).unwrap(), Some(3));
            assert_eq!(whole(&[], version, vec![digest.clone()]).unwrap(), None);
        }
        // A stream of HTTP/2 says its end itself.
        assert_eq!(whole(&[], Version::HTTP_2, Vec::new()).unwrap(), None);
    }

    #[test]
    fn a_range_at_the_end_is_empty() {
        let fields = [("content-range", "bytes */5")];
        assert_eq!(open(answer(416, &fields, ""), 5, None).unwrap(), (5, Some(5), String::new()));
    }

    #[test]
    fn a_range_is_asked_for_with_its_last_byte() {
        let header = |from, until| range_header(Range { from, until });
        assert_eq!(header(0, None), None);
        assert_eq!(header(5, None).unwrap(), "bytes=5-");
        assert_eq!(header(0, Some(1)).unwrap(), "bytes=0-0");
        assert_eq!(header(5, Some(10)).unwrap(), "bytes=5-9");
    }
}
