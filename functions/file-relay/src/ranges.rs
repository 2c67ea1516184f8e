//! What part of a file a `GET` asks for (RFC 9110 §13, 14). Pure.

use http::header::{IF_MATCH, IF_NONE_MATCH, IF_RANGE, RANGE};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use crate::place::Stat;

/// What a request is answered with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// The whole file.
    Whole,
    /// The bytes from `from` up to but without `until`: 206.
    Part {
        /// The first byte.
        from: u64,
        /// The first byte that is not wanted; at most the file's length.
        until: u64,
        /// How long the file is.
        length: u64,
    },
    /// None of it: 416.
    NotSatisfiable {
        /// How long the file is.
        length: u64,
    },
}

/// Says what a `GET` asks for.
///
/// One range is answered. Several, a range that cannot be read, and any range of a file whose length the place does not know are
/// answered with the whole file, as RFC 9110 §14.2 allows; so is a range with an `If-Range` of another content (§13.1.5).
#[must_use]
pub fn asked(headers: &HeaderMap, stat: &Stat) -> Asked {
    let (Some(range), Some(length)) = (one(headers, &RANGE), stat.length) else {
        return Asked::Whole;
    };
    if headers.contains_key(IF_RANGE)
        && !one(headers, &IF_RANGE).is_some_and(|tag| is_same(tag, stat))
    {
        return Asked::Whole;
    }
    read(range, length).unwrap_or(Asked::Whole)
}

/// Judges `If-Match` and `If-None-Match` (RFC 9110 §13.1.1, 13.1.2): 412 or 304 where the request is not to be answered with the
/// file.
#[must_use]
pub fn precondition(headers: &HeaderMap, stat: &Stat) -> Option<StatusCode> {
    let etag = stat.etag.as_deref();
    if headers.contains_key(IF_MATCH) {
        let is_this = |tag: &str| tag == "*" || (tag.starts_with('"') && etag == Some(tag));
        return (!tags(headers, &IF_MATCH).any(is_this)).then_some(StatusCode::PRECONDITION_FAILED);
    }
    let opaque = |tag: &str| tag.strip_prefix("W/").unwrap_or(tag).to_owned();
    let is_this = |tag: &str| tag == "*" || etag.is_some_and(|etag| opaque(etag) == opaque(tag));
    tags(headers, &IF_NONE_MATCH).any(is_this).then_some(StatusCode::NOT_MODIFIED)
}

/// The value of `Content-Range` (RFC 9110 §14.4) for what was asked; `None` for the whole file.
#[must_use]
pub fn content_range(asked: Asked) -> Option<HeaderValue> {
    let text = match asked {
        Asked::Whole => return None,
        Asked::Part { from, until, length } => {
            format!("bytes {from}-{}/{length}", until.saturating_sub(1))
        }
        Asked::NotSatisfiable { length } => format!("bytes */{length}"),
    };
    HeaderValue::try_from(text).ok()
}

/// One range of a file of this length; `None` for what is to be passed over.
fn read(text: &str, length: u64) -> Option<Asked> {
    let (unit, range) = text.split_once('=')?;
    if !unit.trim().eq_ignore_ascii_case("bytes") {
        return None;
    }
    let (first, last) = range.trim().split_once('-')?;
    let (from, until) = match (first, last) {
        ("", suffix) => (length.saturating_sub(number(suffix)?), length),
        (first, "") => (number(first)?, length),
        (first, last) => {
            let (first, last) = (number(first)?, number(last)?);
            if last < first {
                return None;
            }
            (first, last.saturating_add(1).min(length))
        }
    };
    Some(if from < until {
        Asked::Part { from, until, length }
    } else {
        Asked::NotSatisfiable { length }
    })
}

/// Digits and nothing else; more than fits is as much as fits.
fn number(text: &str) -> Option<u64> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().unwrap_or(u64::MAX))
}

/// Whether an `If-Range` means this content: the same strong entity tag, or the time that is its validator.
fn is_same(tag: &str, stat: &Stat) -> bool {
    if tag.starts_with('"') {
        return stat.etag.as_deref() == Some(tag);
    }
    let modified = stat.validator.as_deref().filter(|validator| !validator.starts_with('"'));
    let modified = modified.and_then(|validator| validator.split(';').next());
    let moment = |text: &str| httpdate::parse_http_date(text).ok();
    modified.and_then(moment).is_some_and(|modified| moment(tag) == Some(modified))
}

fn one<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then(|| value.trim())
}

/// The entity tags of a list, and `*`. A comma may stand inside of one.
fn tags<'h>(headers: &'h HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'h str> {
    let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| {
        let mut is_quoted = false;
        value
            .split(move |character| {
                is_quoted ^= character == '"';
                character == ',' && !is_quoted
            })
            .map(str::trim)
            .filter(|tag| !tag.is_empty())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(fields: &[(HeaderName, &str)]) -> HeaderMap {
        let field = |(name, value): &(HeaderName, &str)| {
            (name.clone(), HeaderValue::from_str(value).unwrap())
        };
        fields.iter().map(field).collect()
    }

    fn stat(etag: &str) -> Stat {
        let etag = (!etag.is_empty()).then(|| etag.to_owned());
        Stat { length: Some(100), etag, ..Stat::default() }
    }

    #[test]
    fn one_range_is_a_part_or_nothing_and_all_else_is_the_whole() {
        let part = |from, until| Asked::Part { from, until, length: 100 };
        let nothing = Asked::NotSatisfiable { length: 100 };
        for (range, expected) in [
            ("bytes=0-0", part(0, 1)),
            ("bytes=0-", part(0, 100)),
            ("Bytes= 10-19", part(10, 20)),
            ("bytes=99-200", part(99, 100)),
            ("bytes=-1", part(99, 100)),
            ("bytes=-500", part(0, 100)),
            ("bytes=0-99999999999999999999", part(0, 100)),
            ("bytes=100-", nothing),
            ("bytes=100-200", nothing),
            ("bytes=99999999999999999999-", nothing),
            ("bytes=-0", nothing),
            ("bytes=2-1", Asked::Whole),
            ("bytes=0-1,3-4", Asked::Whole),
            ("bytes=-", Asked::Whole),
            ("bytes=", Asked::Whole),
            ("bytes=+1-2", Asked::Whole),
            ("items=0-1", Asked::Whole),
            ("0-1", Asked::Whole),
        ] {
            assert_eq!(asked(&headers(&[(RANGE, range)]), &stat("")), expected, "{range}");
        }
        assert_eq!(asked(&headers(&[]), &stat("")), Asked::Whole);
        assert_eq!(asked(&headers(&[(RANGE, "bytes=0-1")]), &Stat::default()), Asked::Whole);
        let empty = Stat { length: Some(0), ..Stat::default() };
        for range in ["bytes=0-", "bytes=-5"] {
            let asked = asked(&headers(&[(RANGE, range)]), &empty);
            assert_eq!(asked, Asked::NotSatisfiable { length: 0 }, "{range}");
        }
    }

    #[test]
    fn a_range_of_another_content_is_the_whole() {
        let date = "Sun, 06 Nov 1994 08:49:37 GMT";
        let dated = Stat { validator: Some(format!("{date};100")), ..stat("") };
        for (tag, stat, is_part) in [
            ("\"a\"", stat("\"a\""), true),
            ("\"b\"", stat("\"a\""), false),
            ("W/\"a\"", stat("W/\"a\""), false),
            ("\"a\"", stat(""), false),
            (date, dated.clone(), true),
            ("Sun, 06 Nov 1994 08:49:38 GMT", dated, false),
            (date, stat("\"a\""), false),
            ("soon", stat(""), false),
        ] {
            let asked = asked(&headers(&[(RANGE, "bytes=0-1"), (IF_RANGE, tag)]), &stat);
            assert_eq!(asked != Asked::Whole, is_part, "{tag} {stat:?}");
        }
    }

    #[test]
    fn preconditions_are_judged_by_the_entity_tag() {
        let (failed, same) =
            (Some(StatusCode::PRECONDITION_FAILED), Some(StatusCode::NOT_MODIFIED));
        for (name, tags, etag, expected) in [
            (IF_MATCH, "\"a\", \"b,\"", "\"b,\"", None),
            (IF_MATCH, "*", "", None),
            (IF_MATCH, "\"a\"", "\"b\"", failed),
            (IF_MATCH, "W/\"a\"", "W/\"a\"", failed),
            (IF_MATCH, "\"a\"", "", failed),
            (IF_NONE_MATCH, "\"x\", W/\"a\"", "\"a\"", same),
            (IF_NONE_MATCH, "*", "", same),
            (IF_NONE_MATCH, "\"a\"", "\"b\"", None),
            (IF_NONE_MATCH, "\"a\"", "", None),
        ] {
            let found = precondition(&headers(&[(name.clone(), tags)]), &stat(etag));
            assert_eq!(found, expected, "{name} {tags} {etag}");
        }
        assert_eq!(precondition(&headers(&[]), &stat("\"a\"")), None);
    }

    #[test]
    fn a_part_is_said_with_its_last_byte() {
        let said = |asked| content_range(asked).map(|value| value.to_str().unwrap().to_owned());
        let part = Asked::Part { from: 5, until: 7, length: 9 };
        assert_eq!(said(part).as_deref(), Some("bytes 5-6/9"));
        assert_eq!(said(Asked::NotSatisfiable { length: 9 }).as_deref(), Some("bytes */9"));
        assert_eq!(said(Asked::Whole), None);
    }
}
