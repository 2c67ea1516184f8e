//! What counts as a failure.

use http::StatusCode;

use super::support::{outcome, rule};
use crate::backends::{ErrorReason, StatusRange, Threshold};
use crate::judging::{Outcome, is_failure};

#[test]
fn a_status_counts_within_a_range_both_ends_included() {
    let mut rule = rule(Threshold::Count(1));
    rule.condition.status_code_ranges =
        vec![StatusRange { min: 429, max: 429 }, StatusRange { min: 500, max: 503 }];
    for (status, expected) in [
        (200, false),
        (428, false),
        (429, true),
        (430, false),
        (499, false),
        (500, true),
        (503, true),
        (504, false),
    ] {
        assert_eq!(is_failure(&rule, &outcome(status, 0)), expected, "{status}");
    }
}

#[test]
fn an_error_reason_counts_when_it_is_listed_in_whatever_case() {
    let rule = rule(Threshold::Count(1));
    for (reason, expected) in [
        ("Timeout", true),
        ("TIMEOUT", true),
        ("timeout ", false),
        (ErrorReason::BACKEND_CONNECTION_FAILURE, false),
        (ErrorReason::CLIENT_CONNECTION_FAILURE, false),
    ] {
        let without_status =
            Outcome { status: None, error_reason: ErrorReason::parse(reason), ..outcome(200, 0) };
        assert_eq!(is_failure(&rule, &without_status), expected, "{reason}");
    }
}

#[test]
fn either_a_status_or_a_reason_is_enough() {
    let rule = rule(Threshold::Count(1));
    let both = |status: u16, reason: ErrorReason| Outcome {
        status: StatusCode::from_u16(status).ok(),
        error_reason: Some(reason),
        ..outcome(200, 0)
    };
    assert!(is_failure(&rule, &both(502, ErrorReason::backend_connection_failure())));
    assert!(is_failure(&rule, &both(200, ErrorReason::timeout())));
    assert!(!is_failure(&rule, &both(404, ErrorReason::client_connection_failure())));
    let nothing = Outcome { status: None, ..outcome(200, 0) };
    assert!(!is_failure(&rule, &nothing));
}
