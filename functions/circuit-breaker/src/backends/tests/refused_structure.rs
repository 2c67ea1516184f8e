//! Documents whose outline is wrong: what their author reads.

use super::support::{assert_refused, read, refusal, with_rule, with_url};
use crate::backends::{BackendsErrorKind, LIMIT};

#[test]
fn a_document_without_a_backend_is_refused() {
    let expected = "line 1, column 1: the document has no backend; give one as [backends.NAME], or as an ARM resource of type Microsoft.ApiManagement/service/backends";
    for document in
        ["", "# nothing", "[backends]", "[]", r#"{ "resources": [] }"#, r#"{ "value": [] }"#]
    {
        assert_eq!(refusal(document), expected, "{document}");
    }
}

#[test]
fn a_key_that_nothing_has_is_named_with_what_may_have_been_meant() {
    assert_refused(&[
        (
            "[backend.a]\nurl = 'https://a.example'",
            "line 1, column 2: backend is unknown; did you mean backends?",
        ),
        ("title = 'x'", "line 1, column 1: title is unknown"),
        (
            "[backends.a]\nuri = 'https://a.example'",
            "line 2, column 1: backends.a.uri is unknown; did you mean url?",
        ),
        ("[backends.a]\n\"a\\nb\" = 1", "line 2, column 1: backends.a.a\\nb is unknown"),
        (
            &with_url("circuitBreaker.rule = []"),
            "line 2, column 16: backends.a.circuitBreaker.rule is unknown; did you mean rules?",
        ),
        (
            &with_rule("name = 'r'\ntripduration = 'PT1H'"),
            "line 5, column 1: backends.a.circuitBreaker.rules[0].tripduration is unknown; did you mean tripDuration?",
        ),
        (
            &with_rule("name = 'r'\nfailureCondition = { statusCodes = [] }"),
            "line 5, column 22: backends.a.circuitBreaker.rules[0].failureCondition.statusCodes is unknown",
        ),
    ]);
}

#[test]
fn a_value_of_another_kind_is_refused() {
    assert_refused(&[
        ("backends = 1", "line 1, column 1: backends must be a table"),
        ("[[backends]]\nname = 'a'", "line 1, column 3: backends must be a table"),
        ("backends.a = 'https://a.example'", "line 1, column 10: backends.a must be a table"),
        (&with_url("title = 1"), "line 2, column 1: backends.a.title must be a string"),
        (
            &with_url("circuitBreaker = []"),
            "line 2, column 1: backends.a.circuitBreaker must be a table",
        ),
        (
            &with_url("circuitBreaker.rules = {}"),
            "line 2, column 16: backends.a.circuitBreaker.rules must be an array",
        ),
        (
            &with_url("circuitBreaker.rules = [1]"),
            "line 2, column 25: backends.a.circuitBreaker.rules[0] must be a table",
        ),
    ]);
}

#[test]
fn text_that_is_not_toml_is_refused_where_it_stops_being_so() {
    for (document, place) in [
        ("[backends.a]\nurl = ", "line 2, column 7"),
        ("\u{feff}url = 'é' x", "line 1, column 12"),
        ("[backends.a]\nurl = 'x'\nurl = 'x'", "line 3, column 1"),
    ] {
        let refusal = refusal(document);
        let expected = format!("{place}: the document is not TOML: ");
        assert!(refusal.starts_with(&expected), "{document}: {refusal}");
    }
}

#[test]
fn what_is_too_long_or_too_deep_is_refused() {
    let long = " ".repeat(LIMIT + 1);
    assert_eq!(read(&long).unwrap_err().kind, BackendsErrorKind::TooLong);
    let deep = format!("backends.a.x = {}{}", "[".repeat(40), "]".repeat(40));
    assert_eq!(read(&deep).unwrap_err().kind, BackendsErrorKind::TooDeep);
    let deep = format!("[{{\"properties\":{}{}}}]", "[".repeat(4_000), "]".repeat(4_000));
    assert_eq!(read(&deep).unwrap_err().kind, BackendsErrorKind::TooDeep);
}
