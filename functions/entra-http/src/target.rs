//! What a caller's path and query ask for: judged before anything is sent, and never repaired.

use percent_encoding::percent_decode_str;

/// Why a path or a query is not sent on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TargetRefused {
    /// A segment is `.` or `..`, in any way of writing it.
    #[error("path leads out of the upstream: send it without the segments . and ..")]
    Escapes,
    /// A segment holds a slash, a backslash or a percent sign that is encoded.
    #[error("path holds an encoded /, \\ or %, which the upstream might decode: send it without")]
    Encoded,
    /// Two slashes stand together.
    #[error("path has a segment without a name: send it without two slashes together")]
    Empty,
    /// A character stands there that no path or query has (RFC 3986 §3.3, 3.4).
    #[error("path or query holds a character that has to be percent-encoded")]
    Malformed,
    /// What is encoded is a control character, or no UTF-8.
    #[error("path or query holds an encoded control character, or what is not UTF-8")]
    NotText,
}

/// Characters that some software takes for `.`, `/` or `\` after it has normalised a text (Unicode TR46, NFKC).
const LOOKALIKES: [(char, char); 11] = [
    ('\u{2024}', '.'),
    ('\u{2025}', '.'),
    ('\u{fe30}', '.'),
    ('\u{fe52}', '.'),
    ('\u{ff0e}', '.'),
    ('\u{2044}', '/'),
    ('\u{2215}', '/'),
    ('\u{29f8}', '/'),
    ('\u{ff0f}', '/'),
    ('\u{fe68}', '\\'),
    ('\u{ff3c}', '\\'),
];

/// Takes a path apart: its segments, decoded. A slash at its end makes a last one that is empty.
///
/// `path` is empty or begins with a slash, and goes on as it is written.
///
/// # Errors
///
/// [`TargetRefused`] for whatever the upstream might read as another path than this function does.
pub fn judge_path(path: &str) -> Result<Vec<String>, TargetRefused> {
    let Some(path) = path.strip_prefix('/') else {
        return if path.is_empty() { Ok(Vec::new()) } else { Err(TargetRefused::Malformed) };
    };
    let count = path.split('/').count();
    let segment = |(at, text): (usize, &str)| {
        if text.is_empty() && at + 1 < count {
            return Err(TargetRefused::Empty);
        }
        judge_segment(text)
    };
    path.split('/').enumerate().map(segment).collect()
}

fn judge_segment(text: &str) -> Result<String, TargetRefused> {
    let is_allowed =
        |byte: u8| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@%".contains(&byte);
    if text.contains('\\') {
        return Err(TargetRefused::Encoded);
    }
    if !text.bytes().all(is_allowed) || !is_encoded_well(text) {
        return Err(TargetRefused::Malformed);
    }
    let decoded = percent_decode_str(text).decode_utf8().map_err(|_| TargetRefused::NotText)?;
    if decoded.chars().any(is_control) {
        return Err(TargetRefused::NotText);
    }
    let plain: String = decoded.chars().map(plain).collect();
    if plain.contains(['/', '\\', '%']) {
        return Err(TargetRefused::Encoded);
    }
    // Behind the dots, a path parameter, or what begins a query or a fragment once it is decoded, does not make them harmless
    // everywhere.
    let name = plain.split([';', '?', '#']).next().unwrap_or_default();
    if matches!(name.trim(), "." | "..") {
        return Err(TargetRefused::Escapes);
    }
    Ok(decoded.into_owned())
}

/// Judges a query, which goes on as it is written.
///
/// # Errors
///
/// [`TargetRefused::Malformed`] and [`TargetRefused::NotText`].
pub fn judge_query(query: &str) -> Result<(), TargetRefused> {
    let is_allowed = |byte: u8| byte.is_ascii_graphic() && !b"\"#<>\\^`".contains(&byte);
    if !query.bytes().all(is_allowed) || !is_encoded_well(query) {
        return Err(TargetRefused::Malformed);
    }
    let decoded = percent_decode_str(query).decode_utf8().map_err(|_| TargetRefused::NotText)?;
    if decoded.chars().any(is_control) { Err(TargetRefused::NotText) } else { Ok(()) }
}

/// The query without the parameter by which a caller may have shown a token of its own (RFC 6750 §2.3).
#[must_use]
pub fn without_token(query: &str) -> String {
    let is_token = |pair: &&str| {
        let name = pair.split('=').next().unwrap_or_default();
        percent_decode_str(name).decode_utf8_lossy().eq_ignore_ascii_case("access_token")
    };
    if !query.split('&').any(|pair| is_token(&pair)) {
        return query.to_owned();
    }
    query.split('&').filter(|pair| !is_token(pair)).collect::<Vec<_>>().join("&")
}

fn is_control(character: char) -> bool {
    character.is_control() || matches!(character, '\u{2028}' | '\u{2029}' | '\u{feff}')
}

fn plain(character: char) -> char {
    let found = LOOKALIKES.iter().find(|(lookalike, _)| *lookalike == character);
    found.map_or(character, |(_, plain)| *plain)
}

/// Whether two hexadecimal digits stand behind each percent sign.
fn is_encoded_well(text: &str) -> bool {
    text.split('%').skip(1).all(|after| {
        after.get(..2).is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_path_is_taken_apart_and_decoded_once() {
        for (path, segments) in [
            ("", vec![]),
            ("/", vec![""]),
            ("/subscriptions", vec!["subscriptions"]),
            ("/a/b/", vec!["a", "b", ""]),
            ("/users/ada%23EXT%23@a.example", vec!["users", "ada#EXT#@a.example"]),
            ("/root:/Quarter%201.xlsx:/content", vec!["root:", "Quarter 1.xlsx:", "content"]),
            (
                "/accounts(00-1)/.well-known/x..y/...",
                vec!["accounts(00-1)", ".well-known", "x..y", "..."],
            ),
            ("/%C3%A9", vec!["é"]),
        ] {
            assert_eq!(
                judge_path(path).as_deref(),
                Ok(&segments.iter().map(ToString::to_string).collect::<Vec<_>>()[..]),
                "{path}"
            );
        }
    }

    #[test]
    fn a_query_goes_on_unless_it_breaks_lines() {
        for query in ["", "api-version=2022-12-01", "$filter=name%20eq%20'x'&$top=5", "a=%2F%25"] {
            assert_eq!(judge_query(query), Ok(()), "{query}");
        }
        for query in ["a=%0d%0aHost:%20evil", "a=%00", "a=%", "a=%zz", "a=b c", "a=%c0%ae", "a=\\"]
        {
            assert!(judge_query(query).is_err(), "{query}");
        }
    }

    #[test]
    fn a_token_in_the_query_is_left_out() {
        assert_eq!(without_token("a=1&access_token=x&b"), "a=1&b");
        assert_eq!(without_token("Access%5Ftoken=x"), "");
        assert_eq!(without_token("a=1&&access_tokens=x"), "a=1&&access_tokens=x");
    }

    proptest! {
        #[test]
        fn what_passes_has_no_segment_that_any_decoding_makes_a_step(path in "(/([a.%2eE5cfF0/;]|%2e|%2f|%25|\\.\\.){0,6}){0,4}") {
            if let Ok(segments) = judge_path(&path) {
                let mut decoded = path.clone();
                for _ in 0..3 {
                    prop_assert!(!decoded.split(['/', '\\']).any(|it| matches!(it.split(';').next(), Some("." | ".."))), "{}", decoded);
                    decoded = percent_decode_str(&decoded).decode_utf8_lossy().into_owned();
                }
                prop_assert!(segments.iter().all(|it| !it.contains('/')));
            }
        }
    }
}
