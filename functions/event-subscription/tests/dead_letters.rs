//! What becomes of a poison event.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "this is a test"
)]

mod common;

use std::time::Duration;

use common::{Answer, Bench, ONE_RULE, TWO_RULES, post};
use serde_json::json;

fn redeliver(bench: &Bench, id: &str) -> Answer {
    bench.ask(post(&format!("/dead-letters/{id}:redeliver"), &[], ""))
}

fn poisoned(rules: &str, host: &str) -> Bench {
    let bench = Bench::with_rules(rules);
    bench.receiver.answers_always(host, 500);
    for _ in 0..4 {
        assert_eq!(bench.deliver(&["1"]).status, 503);
    }
    let answer = bench.deliver(&["1"]);
    assert_eq!((answer.status, answer.body["deadLetters"].as_u64()), (200, Some(1)));
    bench
}

#[test]
fn after_five_attempts_an_event_goes_to_the_dead_letters_with_why_and_is_answered_200() {
    let bench = poisoned(ONE_RULE, "hook.example");
    assert_eq!(bench.receiver.count(), 5);
    let page = bench.get("/dead-letters").body;
    let letter = &page["deadLetters"][0];
    for (member, expected) in [
        ("id", json!("1")),
        ("source", json!("/gateway")),
        ("data", json!({ "backendName": "orders" })),
        ("deadletterreason", json!("MaxDeliveryAttemptsExceeded")),
        ("deliveryattempts", json!(5)),
        ("lastdeliveryoutcome", json!("Busy")),
        ("rule", json!("all")),
        ("why", json!("it answered 500 (Busy)")),
        ("publishtime", json!("2025-04-02T00:47:48.0000000Z")),
        ("lastdeliveryattempttime", json!("2025-04-02T00:47:48.0000000Z")),
    ] {
        assert_eq!(letter[member], expected, "{member}");
    }
    assert_eq!(page["more"], false);
    let again = bench.deliver(&["1"]);
    assert_eq!((again.status, again.body["duplicates"].as_u64()), (200, Some(1)));
    assert_eq!(bench.receiver.count(), 5);
}

#[test]
fn the_number_of_attempts_is_configured_and_every_failure_counts() {
    let bench = Bench::with(&[("rules", ONE_RULE), ("max_attempts", "3")]);
    // A refusal, no answer, and a redirection.
    bench.receiver.answers_next([400, 0, 302]);
    assert_eq!(bench.deliver(&["1"]).status, 503);
    assert_eq!(bench.deliver(&["1"]).status, 503);
    assert_eq!(bench.deliver(&["1"]).status, 200);
    let page = bench.get("/dead-letters").body;
    assert_eq!(page["deadLetters"][0]["why"], "it answered 302 (Aborted)");
}

#[test]
fn ticks_alone_bring_a_poison_event_to_the_dead_letters() {
    let bench = Bench::with_rules(ONE_RULE);
    bench.receiver.answers_always("hook.example", 500);
    assert_eq!(bench.deliver(&["1"]).status, 503);
    for seconds in [10, 30, 60, 300] {
        bench.clock.advance(Duration::from_secs(seconds - 1));
        let before = bench.receiver.count();
        bench.tick();
        assert_eq!(bench.receiver.count(), before, "not before it is due");
        bench.clock.advance(Duration::from_secs(1));
        bench.tick();
        assert_eq!(bench.receiver.count(), before + 1);
    }
    assert_eq!(bench.keys("dead-letters/").len(), 1);
    assert_eq!(bench.deliver(&["1"]).body["duplicates"], 1);
}

#[test]
fn a_poison_event_keeps_no_other_rule_from_its_handler() {
    let bench = poisoned(TWO_RULES, "second.example");
    assert_eq!(bench.receiver.taken_by("first.example"), ["1"]);
    let page = bench.get("/dead-letters").body;
    assert_eq!(page["deadLetters"].as_array().unwrap().len(), 1);
    assert_eq!(page["deadLetters"][0]["rule"], "second");
}

#[test]
fn a_dead_letter_is_delivered_again_to_its_rule_alone() {
    let bench = poisoned(TWO_RULES, "second.example");
    bench.receiver.answers_always("second.example", 200);
    let answer = redeliver(&bench, "1");
    assert_eq!((answer.status, answer.body["delivered"].as_u64()), (200, Some(1)));
    assert_eq!(answer.body["redelivered"][0]["rule"], "second");
    assert_eq!(bench.receiver.taken_by("first.example"), ["1"]);
    assert_eq!(bench.receiver.taken_by("second.example"), ["1"]);
    assert_eq!(bench.keys("dead-letters/"), [""; 0]);
    assert_eq!(bench.keys("redelivered/"), [""; 0]);
    let event = bench.receiver.calls().pop().unwrap().event.unwrap();
    assert_eq!(event.extensions().count(), 0, "it comes back as it was received");
    assert_eq!(redeliver(&bench, "1").status, 404);
}

#[test]
fn a_redelivery_that_fails_has_all_attempts_before_it_and_goes_to_the_dead_letters_again() {
    let bench = poisoned(ONE_RULE, "hook.example");
    let answer = redeliver(&bench, "1");
    assert_eq!((answer.status, answer.body["delivered"].as_u64()), (200, Some(0)));
    assert_eq!(bench.keys("dead-letters/"), [""; 0]);
    assert_eq!(bench.keys("redelivered/").len(), 1);
    for _ in 0..4 {
        bench.clock.advance(Duration::from_secs(600));
        bench.tick();
    }
    assert_eq!(bench.receiver.count(), 10);
    assert_eq!(bench.keys("dead-letters/").len(), 1);
    assert_eq!(bench.keys("redelivered/"), [""; 0]);
}

#[test]
fn every_dead_letter_of_an_id_comes_back_whatever_its_source_and_rule() {
    let bench = Bench::with(&[("rules", TWO_RULES), ("max_attempts", "1")]);
    bench.receiver.answers_next([500; 4]);
    let mut other = common::cloud_event("a/b c");
    other["source"] = json!("/another");
    let body = json!([common::cloud_event("a/b c"), other]).to_string();
    assert_eq!(bench.post(&[common::BATCH], body).body["deadLetters"], 4);
    let answer = redeliver(&bench, "a%2Fb%20c");
    assert_eq!((answer.status, answer.body["delivered"].as_u64()), (200, Some(4)));
    assert_eq!(redeliver(&bench, "%ff").status, 400);
}

#[test]
fn an_event_whose_rule_is_gone_goes_to_the_dead_letters_with_that_reason() {
    let bench = Bench::with_rules(ONE_RULE);
    bench.receiver.answers_next([500]);
    assert_eq!(bench.deliver(&["1"]).status, 503);
    let other = "[other]\nwhen.types = [\"none\"]\nthen.webhook.url = \"https://other.example/\"";
    let renamed = Bench { store: bench.store.clone(), ..Bench::with_rules(other) };
    for _ in 0..4 {
        renamed.clock.advance(Duration::from_secs(600));
        renamed.tick();
    }
    let page = renamed.get("/dead-letters").body;
    assert_eq!(page["deadLetters"][0]["why"], "there is no rule of this name any more");
    assert_eq!(renamed.receiver.count(), 0);
}
