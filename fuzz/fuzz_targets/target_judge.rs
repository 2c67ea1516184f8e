//! No path and query leave the upstream or its allow-list, however the upstream reads them.
//!
//! The input is a pattern of an allow-list, a line's end, and a path with its query. The oracles are the WHATWG reader of
//! addresses (`url`) and a matcher of patterns that goes character by character.

#![no_main]

use headgate_entra::Credentials;
use headgate_entra_http::target::{judge_path, judge_query};
use headgate_entra_http::upstreams::{PathPattern, Upstreams};
use headgate_fuzz::{Named, now};
use http::Method;
use libfuzzer_sys::fuzz_target;
use percent_encoding::percent_decode_str;
use url::Url;

/// Where the upstream of the allow-list is.
const BASE: &str = "https://a.example/base";

fuzz_target!(|text: &str| {
    let Some((pattern, target)) = text.split_once('\n') else { return };
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let (Ok(segments), Ok(())) = (judge_path(path), judge_query(query)) else { return };
    stays(path, query, &segments);
    // What stands for a variable is no pattern any more.
    if PathPattern::parse(pattern).is_none() || pattern.contains("${") {
        return;
    }
    let upstreams = upstreams(pattern);
    let upstream = upstreams.get("a").expect("it is the only one");
    assert_eq!(upstream.admits(&Method::GET, &segments), fits(pattern, &segments));
    assert!(!upstream.admits(&Method::POST, &segments));
    let joined = upstream.destination.join(path, query).expect("it was judged");
    assert_eq!(joined.to_string(), address(path, query));
});

fn upstreams(pattern: &str) -> Upstreams {
    let credentials = now(Credentials::load("[robots]\nkind = \"managed-identity\"", &Named));
    let credentials = credentials.expect("it is written out above");
    let pattern = serde_json::Value::from(pattern);
    let document = format!(
        "[a]\nurl = \"{BASE}\"\nscope = \"a/.default\"\ncredential = \"robots\"\n[[a.allow]]\nmethods = [\"GET\"]\npaths = [{pattern}]"
    );
    now(Upstreams::load(&document, &credentials, &Named)).expect("the pattern is one")
}

fn address(path: &str, query: &str) -> String {
    if query.is_empty() { format!("{BASE}{path}") } else { format!("{BASE}{path}?{query}") }
}

/// Asserts that every reading of an address is below the upstream's.
fn stays(path: &str, query: &str, segments: &[String]) {
    let read = Url::parse(&address(path, query)).expect("it is an address");
    assert_eq!(read.path(), format!("/base{path}"), "it is not changed");
    assert_eq!(read.path_segments().map(Iterator::count), Some(segments.len() + 1));
    assert!(read.fragment().is_none());
    // Some decode before they look, some take other characters for slashes and dots, some know parameters of segments.
    let mut reading = path.to_owned();
    for _ in 0..3 {
        for other in [reading.clone(), plain(&reading)] {
            for other in [other.replace('\\', "/"), without_parameters(&other)] {
                let read = Url::parse(&format!("{BASE}{other}")).expect("it is an address");
                let rest = read.path().strip_prefix("/base");
                assert!(
                    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/')),
                    "{read}"
                );
                assert_eq!(read.host_str(), Some("a.example"));
            }
        }
        reading = percent_decode_str(&reading).decode_utf8().expect("it is text").into_owned();
    }
}

/// A text after those characters became plain that normalisation makes so.
fn plain(text: &str) -> String {
    text.replace(['\u{2024}', '\u{fe52}', '\u{ff0e}', '\u{2025}', '\u{fe30}'], ".")
        .replace(['\u{2044}', '\u{2215}', '\u{29f8}', '\u{ff0f}'], "/")
        .replace(['\u{fe68}', '\u{ff3c}'], "\\")
}

fn without_parameters(text: &str) -> String {
    let names = text.split('/').map(|segment| segment.split(';').next().unwrap_or_default());
    names.collect::<Vec<_>>().join("/")
}

/// Whether a path is one of a pattern's.
fn fits(pattern: &str, segments: &[String]) -> bool {
    let (pattern, is_open) = match pattern.strip_suffix("/**") {
        Some(pattern) => (pattern, true),
        None => (pattern, false),
    };
    let patterns: Vec<&str> = pattern.split('/').skip(1).collect();
    let is_long_enough =
        if is_open { segments.len() >= patterns.len() } else { segments.len() == patterns.len() };
    is_long_enough
        && patterns.iter().zip(segments).all(|(pattern, segment)| {
            // A name that begins so has to be said.
            let is_said = !segment.starts_with('$') || !pattern.starts_with('*');
            is_said && matches(&chars(pattern), &chars(segment))
        })
}

fn chars(text: &str) -> Vec<char> {
    text.chars().collect()
}

fn matches(pattern: &[char], text: &[char]) -> bool {
    match (pattern, text) {
        ([], text) => text.is_empty(),
        (['*', rest @ ..], text) => (1..=text.len()).any(|taken| matches(rest, &text[taken..])),
        ([one, rest @ ..], [other, more @ ..]) => one == other && matches(rest, more),
        ([_, ..], []) => false,
    }
}
