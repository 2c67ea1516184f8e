//! An event is handled once, however often it comes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "this is a test"
)]

mod common;

use std::time::Duration;

use common::{BATCH, Bench, ONE_RULE, STRUCTURED, TWO_RULES, cloud_event};
use headgate_core::{KeyValue, KeyValueError};
use serde_json::json;

const HOUR: Duration = Duration::from_secs(60 * 60);

#[test]
fn an_event_that_comes_again_is_not_handled_again() {
    let bench = Bench::with_rules(ONE_RULE);
    assert_eq!(bench.deliver(&["1"]).body["duplicates"], 0);
    for _ in 0..3 {
        let answer = bench.deliver(&["1"]);
        assert_eq!((answer.status, answer.body["duplicates"].as_u64()), (200, Some(1)));
    }
    assert_eq!(bench.receiver.count(), 1);
}

#[test]
fn source_and_id_together_make_an_event_the_same() {
    let bench = Bench::with_rules(ONE_RULE);
    let mut other = cloud_event("1");
    other["source"] = json!("/another");
    let body = json!([cloud_event("1"), other, cloud_event("2")]).to_string();
    assert_eq!(bench.post(&[BATCH], body).body["duplicates"], 0);
    assert_eq!(bench.receiver.count(), 3);
}

#[test]
fn an_event_is_remembered_for_the_window_and_then_forgotten_by_a_tick() {
    let bench = Bench::with(&[("rules", ONE_RULE), ("deduplication_hours", "2")]);
    bench.deliver(&["1"]);
    bench.clock.advance(2 * HOUR - Duration::from_millis(1));
    bench.tick();
    assert_eq!(bench.deliver(&["1"]).body["duplicates"], 1);
    bench.clock.advance(Duration::from_millis(1));
    bench.tick();
    assert_eq!(bench.keys("events/"), [""; 0]);
    assert_eq!(bench.deliver(&["1"]).body["duplicates"], 0);
    assert_eq!(bench.receiver.count(), 2);
}

#[test]
fn a_tick_forgets_as_much_as_there_is_time_for() {
    let bench = Bench::with(&[("rules", ONE_RULE), ("deduplication_hours", "1")]);
    let ids: Vec<_> = (0..2_000).map(|number| number.to_string()).collect();
    let ids: Vec<_> = ids.iter().map(String::as_str).collect();
    bench.deliver(&ids);
    bench.clock.advance(HOUR);
    assert_eq!(bench.keys("events/").len(), 2_000);
    bench.tick();
    assert_eq!(bench.keys("events/"), [""; 0]);
}

#[test]
fn a_settled_event_is_remembered_without_its_content() {
    let bench = Bench::with_rules(ONE_RULE);
    bench.deliver(&["1"]);
    let key = &bench.keys("events/")[0];
    let value = common::now(bench.store.get(key)).unwrap().unwrap();
    assert_eq!(String::from_utf8(value).unwrap(), "{\"received\":1743554868000}");
}

#[test]
fn a_retry_runs_only_the_handlers_that_have_not_succeeded() {
    let bench = Bench::with_rules(TWO_RULES);
    bench.receiver.answers_always("second.example", 500);
    for attempt in 1..=3 {
        let answer = bench.deliver(&["1"]);
        assert_eq!(answer.status, 503);
        assert!(answer.retry_after() >= 1);
        assert_eq!(bench.receiver.taken_by("first.example"), ["1"]);
        assert_eq!(bench.receiver.count(), 1 + attempt);
    }
    bench.receiver.answers_always("second.example", 200);
    assert_eq!(bench.deliver(&["1"]).status, 200);
    assert_eq!(bench.receiver.taken_by("first.example"), ["1"]);
    assert_eq!(bench.receiver.taken_by("second.example"), ["1"]);
}

#[test]
fn a_batch_is_taken_all_or_not_at_all_and_its_retry_repeats_nothing() {
    let bench = Bench::with_rules(ONE_RULE);
    bench.receiver.answers_next([200, 500, 200]);
    assert_eq!(bench.deliver(&["1", "2", "3"]).status, 503);
    assert_eq!(bench.deliver(&["1", "2", "3"]).status, 200);
    let mut taken = bench.receiver.taken_by("hook.example");
    taken.sort();
    assert_eq!(taken, ["1", "2", "3"]);
    assert_eq!(bench.receiver.count(), 4);
}

#[test]
fn a_batch_of_thousands_is_taken() {
    let bench = Bench::with_rules(ONE_RULE);
    let ids: Vec<_> = (0..2_000).map(|id| id.to_string()).collect();
    let ids: Vec<_> = ids.iter().map(String::as_str).collect();
    assert_eq!(bench.deliver(&ids).status, 200);
    assert_eq!(bench.receiver.count(), 2_000);
}

#[test]
fn a_tick_runs_what_is_due_without_the_producer() {
    let bench = Bench::with_rules(TWO_RULES);
    bench.receiver.answers_always("second.example", 503);
    assert_eq!(bench.deliver(&["1"]).status, 503);
    assert_eq!(bench.keys("pending/").len(), 1);
    bench.receiver.answers_always("second.example", 200);
    bench.clock.advance(Duration::from_secs(29));
    bench.tick();
    assert_eq!(bench.receiver.count(), 2, "a 503 is waited for 30 seconds");
    bench.clock.advance(Duration::from_secs(1));
    bench.tick();
    assert_eq!(bench.receiver.taken_by("second.example"), ["1"]);
    assert_eq!(bench.keys("pending/"), [""; 0]);
    assert_eq!(bench.deliver(&["1"]).body["duplicates"], 1);
}

#[test]
fn a_tick_finds_what_is_pending_also_without_a_note() {
    let bench = Bench::with_rules(ONE_RULE);
    bench.receiver.answers_next([500]);
    assert_eq!(bench.deliver(&["1"]).status, 503);
    common::now(bench.store.delete(&bench.keys("pending/")[0])).unwrap();
    bench.clock.advance(Duration::from_secs(60));
    bench.tick();
    assert_eq!(bench.receiver.taken_by("hook.example"), ["1"]);
}

#[test]
fn a_store_that_does_not_answer_is_answered_503_and_nothing_is_handled() {
    let bench = Bench::with_rules(ONE_RULE);
    bench.store.fail_with(KeyValueError::Unavailable("down".to_owned()));
    let answer = bench.deliver(&["1"]);
    assert_eq!((answer.status, answer.retry_after()), (503, 10));
    assert_eq!(bench.get("/dead-letters").status, 503);
    bench.tick();
    assert_eq!(bench.receiver.count(), 0);
    bench.store.recover();
    assert_eq!(bench.deliver(&["1"]).status, 200);
    assert_eq!(bench.receiver.count(), 1);
}

#[test]
fn the_answer_to_an_event_without_a_handler_that_answers_says_when_to_come_again() {
    let bench = Bench::with_rules(ONE_RULE);
    bench.receiver.answers_always("hook.example", 0);
    let answer = bench.post(&[STRUCTURED], cloud_event("1").to_string());
    assert_eq!((answer.status, answer.retry_after()), (503, 10));
    let reports = format!("{:?}", bench.diagnostics.take());
    assert!(
        reports.contains("rule all has not handled event 1: it did not answer (TimedOut)"),
        "{reports}"
    );
}
