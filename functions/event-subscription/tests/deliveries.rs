//! Every form in which events come, and every way in which a message is refused for its form.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "this is a test"
)]

mod common;

use common::{BATCH, Bench, JSON, ONE_RULE, STRUCTURED, cloud_event, post};
use headgate_events::Data;
use serde_json::{Value, json};

fn event_grid(id: &str) -> Value {
    json!({
        "id": id,
        "topic": "/subscriptions/s/resourceGroups/rg/providers/Microsoft.ApiManagement/service/apim",
        "subject": "/backends/orders/circuit-breaker/rules/default",
        "data": { "backendName": "orders" },
        "eventType": "Microsoft.ApiManagement.CircuitBreaker.Closed",
        "dataVersion": "1",
        "metadataVersion": "1",
        "eventTime": "2025-04-02T00:47:48.8269769Z"
    })
}

#[test]
fn every_form_reaches_the_handler_as_the_same_kind_of_event() {
    let bench = Bench::with_rules(ONE_RULE);
    for (path, headers, body) in [
        ("/events", vec![STRUCTURED], cloud_event("a").to_string()),
        ("/", vec![STRUCTURED], cloud_event("b").to_string()),
        ("/events", vec![BATCH], json!([cloud_event("c"), cloud_event("d")]).to_string()),
        (
            "/events",
            vec![
                ("ce-specversion", "1.0"),
                ("ce-id", "e"),
                ("ce-source", "/gateway"),
                ("ce-type", "t"),
                ("content-type", "text/plain"),
            ],
            "hello".to_owned(),
        ),
        ("/events", vec![JSON], json!([event_grid("f")]).to_string()),
        ("/events", vec![JSON, ("aeg-event-type", "Notification")], event_grid("g").to_string()),
        ("/events", vec![("aeg-event-type", "notification")], json!([event_grid("h")]).to_string()),
    ] {
        let answer = bench.ask(post(path, &headers, body));
        assert_eq!(answer.status, 200, "{headers:?} {}", answer.body);
    }
    let mut ids = bench.receiver.taken_by("hook.example");
    ids.sort();
    assert_eq!(ids, ["a", "b", "c", "d", "e", "f", "g", "h"]);
    let calls = bench.receiver.calls();
    let binary = calls.iter().find(|call| call.event.as_ref().unwrap().id() == "e").unwrap();
    assert_eq!(binary.event.as_ref().unwrap().data(), &Data::Text("hello".to_owned()));
}

#[test]
fn the_documented_misspellings_are_understood() {
    let bench = Bench::with(&[(
        "rules",
        "[r]\nwhen.types = [\"Microsoft.ApiManagement.CircuitBreaker.Opened\"]\nthen.webhook.url = \"https://hook.example/\"",
    )]);
    let event = json!({
        "specVersion": 1.0, "id": "1", "source": "/s",
        "Type": "Microsoft.ApiManagement.Gateway.CircuitBreakerOpened"
    });
    assert_eq!(bench.post(&[STRUCTURED], event.to_string()).status, 200);
    assert_eq!(bench.receiver.taken_by("hook.example"), ["1"]);
}

#[test]
fn the_answer_says_what_became_of_the_events() {
    let bench = Bench::with_rules(
        "[r]\nwhen.subject-ends-with = \"/default\"\nthen.webhook.url = \"https://hook.example/\"",
    );
    let mut other = cloud_event("2");
    other["subject"] = json!("/elsewhere");
    let body = json!([cloud_event("1"), other, cloud_event("1")]).to_string();
    let answer = bench.post(&[BATCH], body);
    let expected = json!({ "events": 3, "unmatched": 1, "duplicates": 1, "deadLetters": 0 });
    assert_eq!(answer.body, expected);
    assert_eq!(bench.post(&[BATCH], "[]").body["events"], 0);
}

#[test]
fn a_malformed_event_is_answered_400_with_the_member_and_refuses_its_whole_batch() {
    let bench = Bench::with_rules(ONE_RULE);
    let mut nameless = cloud_event("2");
    nameless.as_object_mut().unwrap().remove("source");
    let answer = bench.post(&[BATCH], json!([cloud_event("1"), nameless]).to_string());
    assert_eq!((answer.status, answer.detail()), (400, "event 1: \"source\" is missing"));
    for (headers, body, expected) in [
        (vec![STRUCTURED], "{", "the body is not JSON: see line 1, column 1"),
        (vec![JSON], "{}", "there is no event"),
        (vec![JSON], "", "there is no event"),
        (vec![BATCH], "{}", "a batch must be a JSON array"),
        (vec![("ce-id", "1")], "", "\"ce-specversion\" is missing"),
        (vec![JSON, JSON], "[]", "the header content-type is there twice"),
        (vec![("aeg-event-type", "a"), ("aeg-event-type", "b")], "[]", "aeg-event-type"),
    ] {
        let answer = bench.post(&headers, body);
        assert_eq!(answer.status, 400, "{headers:?} {body}");
        assert!(answer.detail().contains(expected), "{expected}: {}", answer.body);
    }
    assert_eq!(bench.receiver.count(), 0);
    assert_eq!(bench.keys(""), [""; 0]);
}

#[test]
fn a_content_type_that_no_event_has_is_answered_415() {
    let bench = Bench::with_rules(ONE_RULE);
    for content_type in [
        "text/plain",
        "application/xml",
        "application/cloudevents+avro",
        "application/x-www-form-urlencoded",
    ] {
        let answer = bench.post(&[("content-type", content_type)], "x");
        assert_eq!(answer.status, 415, "{content_type}");
    }
}

#[test]
fn a_body_or_an_event_that_is_too_long_is_answered_413_and_nothing_is_taken() {
    let bench = Bench::with_rules(ONE_RULE);
    let answer = bench.post(&[STRUCTURED], vec![b' '; 1024 * 1024 + 1]);
    assert_eq!((answer.status, answer.detail()), (413, "body is longer than 1048576 bytes"));
    // Binary data grows by a third as JSON.
    let headers = [
        ("ce-specversion", "1.0"),
        ("ce-id", "1"),
        ("ce-source", "/s"),
        ("ce-type", "t"),
        ("content-type", "application/octet-stream"),
    ];
    let answer = bench.post(&headers, vec![7; 1_000_000]);
    assert_eq!(
        (answer.status, answer.detail()),
        (413, "event 0 is longer than 1032192 bytes as JSON")
    );
    assert_eq!(bench.post(&headers, vec![7; 700_000]).status, 200);
    assert_eq!(bench.receiver.count(), 1);
}

fn event_of_length(id: &str, length: usize) -> String {
    let mut event = cloud_event(id);
    event["data"] = json!({ "x": "" });
    let filling = length - event.to_string().len();
    event["data"]["x"] = Value::from("x".repeat(filling));
    event.to_string()
}

#[test]
fn an_event_that_the_store_never_takes_is_answered_413_with_what_it_takes() {
    for is_known in [true, false] {
        let bench = Bench::with_rules(ONE_RULE);
        bench.store.takes_at_most(400_000, is_known);
        let answer = bench.post(&[STRUCTURED], event_of_length("1", 400_001));
        assert_eq!(answer.status, 413);
        assert_eq!(answer.detail(), "event 0 is longer than 383616 bytes as JSON");
        let both = format!("[{},{}]", cloud_event("2"), event_of_length("3", 400_001));
        let answer = bench.post(&[BATCH], both);
        assert_eq!(answer.status, 413);
        assert_eq!(answer.detail(), "event 1 is longer than 383616 bytes as JSON");
        assert_eq!(bench.receiver.count(), 0);
        assert_eq!(bench.keys("events/").is_empty(), is_known);
        assert_eq!(bench.post(&[STRUCTURED], event_of_length("4", 383_616)).status, 200);
    }
}

#[test]
fn the_longest_event_goes_to_the_dead_letters_and_back_whatever_is_known_of_it() {
    let name = |number| format!("{number:a>64}");
    let rule = |number| {
        let then = if number % 2 == 0 {
            "webhook.url = \"https://hook.example/in\""
        } else {
            "sink = \"s\""
        };
        format!("[{}]\nthen.{then}\n", name(number))
    };
    let rules: String = (0..32).map(rule).collect();
    let sinks = "[s]\nkind = \"webhook\"\nurl = \"https://sink.example/\"\nmax-attempts = 1";
    let bench = Bench::with(&[("rules", &rules), ("sinks", sinks), ("max_attempts", "1")]);
    bench.store.takes_at_most(400_000, true);
    bench.receiver.answers_always("hook.example", 500);
    bench.receiver.answers_always("sink.example", 500);
    let event = event_of_length("1", 383_616);
    assert_eq!(bench.post(&[STRUCTURED], event).status, 200);
    assert_eq!(bench.get("/dead-letters").body["deadLetters"].as_array().unwrap().len(), 17);
    let again = bench.ask(post("/dead-letters/1:redeliver", &[], ""));
    assert_eq!(again.status, 200);
    assert_eq!(bench.get("/dead-letters").body["deadLetters"].as_array().unwrap().len(), 17);
}

#[test]
fn the_own_routes_answer_and_others_are_not_there() {
    let bench = Bench::with_rules(ONE_RULE);
    assert_eq!(bench.get("/healthz").body, "ok\n");
    assert_eq!(bench.get("/openapi.json").body["openapi"], "3.1.0");
    assert_eq!(bench.get("/dead-letters").body, json!({ "deadLetters": [], "more": false }));
    assert_eq!(bench.get("/outbox").body, json!({ "outbox": [], "more": false }));
    for (path, status, allow) in [
        ("/events", 405, "POST"),
        ("/", 405, "POST"),
        ("/tick", 405, "POST"),
        ("/dead-letters/1:redeliver", 405, "POST"),
        ("/elsewhere", 404, ""),
        ("/dead-letters/1", 404, ""),
    ] {
        let answer = bench.get(path);
        assert_eq!(answer.status, status, "{path}");
        let allowed = answer.headers.get("allow").map_or("", |allow| allow.to_str().unwrap());
        assert_eq!(allowed, allow, "{path}");
    }
    for path in ["/dead-letters", "/outbox"] {
        assert_eq!(bench.ask(post(path, &[], "")).status, 405, "{path}");
    }
}
