use http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG,
};
use http::{Method, StatusCode};

use super::item::{File, Item};
use super::refused::{Judged, refuse};
use crate::peer::{Asked, Reply};

/// Bytes of a content: the first, and the first that is not meant.
type Span = (u64, u64);

/// The one range that a header asks for; `None` when there is none that means anything (RFC 9110 §14.2).
fn asked_for(header: &str, length: u64) -> Option<Judged<Span>> {
    let (first, last) = header.strip_prefix("bytes=")?.split_once('-')?;
    let number = |text: &str| text.parse::<u64>().ok();
    let span = match (first, last) {
        ("", suffix) => (length.saturating_sub(number(suffix)?), length),
        (first, "") => (number(first)?, length),
        (first, last) => {
            let (first, last) = (number(first)?, number(last)?);
            (first <= last).then_some((first, length.min(last.saturating_add(1))))?
        }
    };
    Some(match span {
        (first, end) if first < end => Ok(span),
        _ => refuse(416, "invalidRange", "The range is not satisfiable."),
    })
}

/// The answer at a pre-authenticated address. Its ETag is the store's own and not the item's.
pub(super) fn answer(
    asked: &Asked,
    item: &Item,
    file: &File,
    ignores_ranges: bool,
) -> Judged<Reply> {
    if asked.method != Method::GET && asked.method != Method::HEAD {
        return refuse(405, "invalidRequest", "A download is read.");
    }
    if file.spilled.is_none() && file.content.len() as u64 != file.length {
        return refuse(500, "generalException", "This stand-in keeps no contents.");
    }
    let range = asked.header("range").filter(|_| !ignores_ranges);
    let span = match range.and_then(|range| asked_for(range, file.length)) {
        None => None,
        Some(Ok(span)) => Some(span),
        Some(Err(_)) => {
            let whole = format!("bytes */{}", file.length);
            let reply = Reply::empty(StatusCode::RANGE_NOT_SATISFIABLE);
            return Ok(reply.with(CONTENT_RANGE, &whole));
        }
    };
    let (first, end) = span.unwrap_or((0, file.length));
    let status = if span.is_some() { StatusCode::PARTIAL_CONTENT } else { StatusCode::OK };
    let mut reply = Reply::empty(status);
    if asked.method == Method::GET {
        match &file.spilled {
            Some(spilled) => reply.spilled = Some((spilled.clone(), first..end)),
            None => reply.body = file.bytes(first..end).unwrap_or_default(),
        }
    }
    let reply = reply
        .with(CONTENT_TYPE, &file.media_type)
        .with(CONTENT_LENGTH, &(end - first).to_string())
        .with(CACHE_CONTROL, "private")
        .with(ETAG, &format!("{}s\"", item.ctag().trim_end_matches('"').replace("c:", "")));
    Ok(match (span, ignores_ranges) {
        (Some(_), _) => {
            let range = format!("bytes {first}-{}/{}", end - 1, file.length);
            reply.with(CONTENT_RANGE, &range).with(ACCEPT_RANGES, "bytes")
        }
        (None, false) => reply.with(ACCEPT_RANGES, "bytes"),
        (None, true) => reply,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_that_means_nothing_is_no_range() {
        for (header, expected) in [
            ("bytes=0-3", Some(Some((0, 4)))),
            ("bytes=4-", Some(Some((4, 10)))),
            ("bytes=-3", Some(Some((7, 10)))),
            ("bytes=8-99", Some(Some((8, 10)))),
            ("bytes=10-", Some(None)),
            ("bytes=-0", Some(None)),
            ("bytes=3-1", None),
            ("bytes=0-1,4-5", None),
            ("items=0-1", None),
        ] {
            assert_eq!(asked_for(header, 10).map(Result::ok), expected, "{header}");
        }
    }
}
