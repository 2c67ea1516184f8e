//! Rules that cannot be honoured: what their author reads.

use super::support::{assert_refused, with_condition, with_rule, with_url};

const RULE: &str = "backends.a.circuitBreaker.rules[0]";
const CONDITION: &str = "backends.a.circuitBreaker.rules[0].failureCondition";
const WELL: &str =
    "failureCondition = { count = 1, statusCodeRanges = [{ min = 500, max = 599 }] }";

#[test]
fn a_rule_without_what_it_needs_is_refused() {
    assert_refused(&[
        (with_rule(WELL), "line 3, column 1: backends.a.circuitBreaker.rules[0] needs name"),
        (
            with_rule("name = 'r'"),
            "line 3, column 1: backends.a.circuitBreaker.rules[0] needs failureCondition",
        ),
        (
            with_condition("interval = 'PT1M'"),
            "line 5, column 34: backends.a.circuitBreaker.rules[0].failureCondition needs count or percentage",
        ),
        (
            with_condition("count = 1\npercentage = 1"),
            "line 5, column 34: backends.a.circuitBreaker.rules[0].failureCondition has both count and percentage; write two rules",
        ),
        (
            with_condition("count = 1\nstatusCodeRanges = []"),
            "line 5, column 34: backends.a.circuitBreaker.rules[0].failureCondition needs statusCodeRanges or errorReasons; without one nothing counts as a failure",
        ),
    ]);
}

#[test]
fn a_name_that_cannot_stand_in_a_subject_or_is_taken_is_refused() {
    let named = |name: &str| with_rule(&format!("name = {name}\n{WELL}"));
    let place = "line 4, column 1: backends.a.circuitBreaker.rules[0].name";
    for (document, expected) in [
        (
            named("''"),
            format!("{place} must be 1 to 80 characters without / and control characters"),
        ),
        (
            named("'a/b'"),
            format!("{place} must be 1 to 80 characters without / and control characters"),
        ),
        (
            named("1"),
            format!("{place} must be 1 to 80 characters without / and control characters"),
        ),
        (named("'Manual'"), format!("{place} is reserved for trips by hand; take another name")),
    ] {
        assert_refused(&[(document, expected.as_str())]);
    }
    let twice =
        format!("circuitBreaker.rules = [{{ name = 'r', {WELL} }}, {{ name = 'R', {WELL} }}]");
    assert_refused(&[(
        with_url(&twice),
        "line 2, column 124: backends.a.circuitBreaker.rules[1].name is the name of another rule of this backend",
    )]);
}

#[test]
fn a_value_out_of_its_limits_is_refused() {
    for (keys, expected) in [
        ("tripDuration = 'PT0S'", "tripDuration must be at least 100 milliseconds"),
        ("tripDuration = 'P366D'", "tripDuration must be at most 365 days"),
        (
            "tripDuration = 'P1M'",
            "tripDuration must be in days, hours, minutes and seconds; years, months and weeks are not taken",
        ),
        (
            "tripDuration = '1 hour'",
            "tripDuration must be a duration, as PT1H30M, P1D, PT0.5S or 01:30:00",
        ),
        (
            "tripDuration = 3600",
            "tripDuration must be a duration, as PT1H30M, P1D, PT0.5S or 01:30:00",
        ),
        ("acceptRetryAfter = 'yes'", "acceptRetryAfter must be true or false"),
        ("acceptRetryAfter = 1", "acceptRetryAfter must be true or false"),
    ] {
        let expected = format!("line 4, column 1: {RULE}.{expected}");
        assert_refused(&[(with_rule(&format!("{keys}\nname = 'r'\n{WELL}")), expected.as_str())]);
    }
    for (keys, column, expected) in [
        (
            "failureResponse.statusCode = 199",
            17,
            "failureResponse.statusCode must be a whole number from 200 to 599",
        ),
        (
            "failureResponse.statusCode = 600",
            17,
            "failureResponse.statusCode must be a whole number from 200 to 599",
        ),
        ("halfOpen.probes = 0", 10, "halfOpen.probes must be a whole number from 1 to 100"),
        ("halfOpen = {}", 1, "halfOpen needs probes"),
    ] {
        let expected = format!("line 4, column {column}: {RULE}.{expected}");
        assert_refused(&[(with_rule(&format!("{keys}\nname = 'r'\n{WELL}")), expected.as_str())]);
    }
}

#[test]
fn a_condition_out_of_its_limits_is_refused() {
    let ranges = ["{ min = 500, max = 599 }"; 11].join(", ");
    let reasons = ["'x'"; 11].join(", ");
    for (keys, expected) in [
        ("count = 0", "count must be a whole number from 1 to 9223372036854775807"),
        ("count = -1", "count must be a whole number from 1 to 9223372036854775807"),
        ("count = 1.5", "count must be a whole number from 1 to 9223372036854775807"),
        ("count = '3x'", "count must be a whole number from 1 to 9223372036854775807"),
        ("count = ''", "count must be a whole number from 1 to 9223372036854775807"),
        (
            "count = 9223372036854775808",
            "count must be a whole number from 1 to 9223372036854775807",
        ),
        ("percentage = 0", "percentage must be a whole number from 1 to 100"),
        ("percentage = 101", "percentage must be a whole number from 1 to 100"),
        ("interval = 'PT0S'\ncount = 1", "interval must be at least 100 milliseconds"),
        (
            &format!("statusCodeRanges = [{ranges}]\ncount = 1"),
            "statusCodeRanges may have at most 10 entries",
        ),
        (
            &format!("errorReasons = [{reasons}]\ncount = 1"),
            "errorReasons may have at most 10 entries",
        ),
        (
            "minimumCalls = -1\ncount = 1",
            "minimumCalls must be a whole number from 0 to 9223372036854775807",
        ),
    ] {
        let keys = if keys.contains("errorReasons") {
            keys.to_owned()
        } else {
            format!("{keys}\nerrorReasons = ['x']")
        };
        let expected = format!("line 6, column 1: {CONDITION}.{expected}");
        assert_refused(&[(with_condition(&keys), expected.as_str())]);
    }
}

#[test]
fn a_range_or_reason_out_of_its_limits_is_refused() {
    let range = |text: &str| with_condition(&format!("count = 1\nstatusCodeRanges = [{text}]"));
    let reason = |text: &str| with_condition(&format!("count = 1\nerrorReasons = ['{text}']"));
    for (document, column, expected) in [
        (
            range("{ min = 199, max = 599 }"),
            23,
            "statusCodeRanges[0].min must be a whole number from 200 to 599",
        ),
        (
            range("{ min = 500, max = 600 }"),
            34,
            "statusCodeRanges[0].max must be a whole number from 200 to 599",
        ),
        (range("{ min = 501, max = 500 }"), 21, "statusCodeRanges[0] must have min at most max"),
        (range("{ min = 500 }"), 21, "statusCodeRanges[0] needs max"),
        (range("500"), 21, "statusCodeRanges[0] must be a table"),
        (reason(""), 17, "errorReasons[0] may not be empty"),
        (reason(&"é".repeat(201)), 17, "errorReasons[0] may have at most 200 characters"),
    ] {
        let expected = format!("line 7, column {column}: {CONDITION}.{expected}");
        assert_refused(&[(document, expected.as_str())]);
    }
}

#[test]
fn a_sixteenth_rule_is_refused() {
    let rules: Vec<String> =
        (0..16).map(|number| format!("{{ name = 'r{number}', {WELL} }}")).collect();
    assert_refused(&[(
        with_url(&format!("circuitBreaker.rules = [{}]", rules.join(", "))),
        "line 2, column 16: backends.a.circuitBreaker.rules may have at most 15 entries",
    )]);
}
