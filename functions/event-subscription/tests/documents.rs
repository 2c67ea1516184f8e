//! The README and the OpenAPI document say what the code has.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "this is a test"
)]

mod common;

use std::collections::BTreeSet;
use std::time::Duration;

use headgate_core::BodyError;
use headgate_event_subscription::openapi::DOCUMENT;
use headgate_event_subscription::refusal::Refusal;
use headgate_events::EventErrorKind;
use headgate_events::delivery::SignatureError;
use serde_json::Value;

const README: &str = include_str!("../README.md");

/// One of each way to refuse.
fn refusals() -> Vec<Refusal> {
    let retry_after = Duration::from_secs(1);
    vec![
        Refusal::Body(BodyError::TooLong { limit: 1 }),
        Refusal::EventTooLong { index: 0, limit: 1 },
        Refusal::Body(BodyError::BrokenOff("gone".into())),
        Refusal::ContentType,
        Refusal::Malformed(EventErrorKind::NoEvent.alone()),
        Refusal::EventTypeTwice,
        Refusal::HandshakeMalformed("needs more"),
        Refusal::PlatformEventUnknown("is unknown"),
        Refusal::ChecksNotConfigured,
        Refusal::SecretMissing,
        Refusal::SecretWrong,
        Refusal::SignatureWrong(SignatureError::Wrong),
        Refusal::SubscriptionUnexpected,
        Refusal::OriginNotAllowed,
        Refusal::HandlerFailed { retry_after },
        Refusal::UnderWay { retry_after },
        Refusal::StoreUnavailable,
        Refusal::DeadLetterNotFound,
        Refusal::IdNotText,
        Refusal::RouteNotFound,
        Refusal::MethodNotAllowed("POST"),
    ]
}

#[test]
fn the_table_of_refusals_has_every_reason_with_its_status() {
    let table = README.split("| reason | status |").nth(1).unwrap().split("\n\n").next().unwrap();
    let refusals = refusals();
    for refusal in &refusals {
        let row = format!("| `{}` | {}", refusal.reason(), refusal.status().as_u16());
        assert!(table.contains(&row), "this row is missing: {row}");
        assert!(!refusal.to_string().is_empty());
    }
    let rows = table.lines().filter(|line| line.starts_with("| `")).count();
    assert_eq!(rows, refusals.len(), "the table has rows that the code has not");
}

#[test]
fn openapi_the_readme_and_the_function_have_the_same_routes() {
    let document: Value = serde_json::from_str(DOCUMENT).unwrap();
    let described: BTreeSet<_> = document["paths"].as_object().unwrap().keys().cloned().collect();
    let table = README.split("| route |").nth(1).unwrap().split("\n\n").next().unwrap();
    let listed: BTreeSet<_> = table
        .lines()
        .filter_map(|row| row.split('`').nth(1)?.split_once(' '))
        .map(|(_, path)| path.to_owned())
        .collect();
    assert_eq!(listed, described, "the README");
    let served = Refusal::RouteNotFound.to_string();
    let served = served.strip_prefix("this function serves ").unwrap().replace(" and ", ", ");
    let served: BTreeSet<_> = served.split(", ").map(str::to_owned).collect();
    assert_eq!(served, described, "the function");
}
