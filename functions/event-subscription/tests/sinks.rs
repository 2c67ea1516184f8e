//! What becomes of an event that a rule hands to a sink.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "this is a test"
)]

mod common;

use std::time::Duration;

use common::{
    Answer, Bench, Crash, STRUCTURED, UnsteadyKeyValue, answered, batch, cloud_event, now, post,
};
use headgate_fakes::Tasks;
use serde_json::json;

const SINKS: &str = r#"
[watch]
kind = "webhook"
url = "https://watch.example/"
max-attempts = 2
"#;

const RULES: &str = "[keep]\nthen.sink = \"watch\"";

fn bench() -> Bench {
    Bench::with(&[("sinks", SINKS), ("rules", RULES)])
}

fn redeliver(bench: &Bench) -> Answer {
    bench.ask(post("/dead-letters/1:redeliver", &[], ""))
}

#[test]
fn an_event_that_is_in_the_outbox_is_handled_whatever_its_sink_answers() {
    let bench = bench();
    bench.receiver.answers_always("watch.example", 500);
    assert_eq!(bench.deliver(&["1"]).status, 200);
    assert_eq!(bench.receiver.count(), 1, "it is delivered at once");
    let page = bench.get("/outbox").body;
    assert_eq!(page["outbox"][0]["event"]["id"], "1");
    assert_eq!(page["outbox"][0]["sinks"][0]["sink"], "watch");
    assert_eq!(page["outbox"][0]["sinks"][0]["lastDeliveryOutcome"], "Busy");
    let again = bench.deliver(&["1"]);
    assert_eq!((again.status, again.body["duplicates"].as_u64()), (200, Some(1)));
    assert_eq!(bench.receiver.count(), 1);

    bench.receiver.answers_always("watch.example", 200);
    bench.clock.advance(Duration::from_secs(60));
    bench.tick();
    assert_eq!(bench.receiver.taken_by("watch.example"), ["1"]);
    assert_eq!(bench.get("/outbox").body["outbox"], json!([]));
}

#[test]
fn the_sender_does_not_wait_for_a_sink() {
    let bench = Bench { tasks: Tasks::beside_the_answer(), ..bench() };
    assert_eq!(bench.deliver(&["1"]).status, 200);
    assert_eq!(bench.receiver.count(), 0);
    bench.tasks.run(Vec::new(), &bench.clock, 1);
    assert_eq!(bench.receiver.taken_by("watch.example"), ["1"]);
}

#[test]
fn what_a_sink_does_not_take_is_a_dead_letter_beside_those_of_rules_and_comes_back() {
    let rules =
        "[keep]\nthen.sink = \"watch\"\n[all]\nthen.webhook.url = \"https://hook.example/\"";
    let bench = Bench::with(&[("sinks", SINKS), ("rules", rules), ("max_attempts", "1")]);
    bench.receiver.answers_always("watch.example", 500);
    bench.receiver.answers_always("hook.example", 500);
    assert_eq!(bench.deliver(&["1"]).body["deadLetters"], 1);
    bench.clock.advance(Duration::from_secs(60));
    bench.tick();
    let letters = bench.get("/dead-letters").body["deadLetters"].clone();
    assert_eq!(letters.as_array().unwrap().len(), 2);
    assert_eq!((&letters[0]["rule"], &letters[0]["sink"]), (&json!("all"), &json!(null)));
    assert_eq!((&letters[1]["rule"], &letters[1]["sink"]), (&json!(null), &json!("watch")));
    assert_eq!(letters[1]["deliveryattempts"], 2);

    bench.receiver.answers_always("watch.example", 200);
    bench.receiver.answers_always("hook.example", 200);
    let answer = redeliver(&bench);
    assert_eq!(answer.body["delivered"], 2);
    assert_eq!(answer.body["redelivered"].as_array().unwrap().len(), 2);
    assert_eq!(bench.receiver.taken_by("watch.example"), ["1"]);
    assert_eq!(bench.receiver.taken_by("hook.example"), ["1"]);
    assert_eq!(bench.get("/dead-letters").body["deadLetters"], json!([]));
    assert_eq!(redeliver(&bench).status, 404);
}

#[test]
fn two_rules_hand_the_same_event_to_two_sinks() {
    let sinks = format!("{SINKS}\n[other]\nkind = \"webhook\"\nurl = \"https://other.example/\"");
    let rules = "[a]\nthen.sink = \"watch\"\n[b]\nthen.sink = \"other\"";
    let bench = Bench::with(&[("sinks", &sinks), ("rules", rules)]);
    assert_eq!(bench.post(&[STRUCTURED], cloud_event("1").to_string()).status, 200);
    assert_eq!(bench.receiver.taken_by("watch.example"), ["1"]);
    assert_eq!(bench.receiver.taken_by("other.example"), ["1"]);
}

#[test]
fn wherever_the_function_dies_the_sink_gets_the_event_once_it_was_sent_until_taken() {
    let undisturbed = bench();
    let store = UnsteadyKeyValue::over(undisturbed.store.clone());
    assert_eq!(now(answered(&undisturbed.function_on(store.clone()), batch(&["1"]))).status, 200);
    for crash in Crash::each(store.calls()) {
        let bench = bench();
        let store = UnsteadyKeyValue::over(bench.store.clone()).with_crash(crash);
        let answer = now(answered(&bench.function_on(store), batch(&["1"])));
        if answer.status != 200 {
            assert_eq!(answer.status, 503, "{crash:?}");
        }
        for _ in 0..5 {
            bench.clock.advance(Duration::from_secs(60 * 60));
            if answer.status != 200 {
                bench.deliver(&["1"]);
            }
            bench.tick();
        }
        let mut taken = bench.receiver.taken_by("watch.example");
        taken.dedup();
        assert_eq!(taken, ["1"], "{crash:?}");
        assert_eq!(bench.get("/outbox").body["outbox"], json!([]), "{crash:?}");
        assert_eq!(bench.get("/dead-letters").body["deadLetters"], json!([]), "{crash:?}");
    }
}
