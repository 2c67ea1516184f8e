//! Which handlers an event is owed, and how they are called.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "this is a test"
)]

mod common;

use common::{BATCH, Bench, STRUCTURED, answered, cloud_event, now};
use headgate_core::TraceContext;
use headgate_fakes::CountingRandom;
use http::HeaderMap;
use serde_json::json;

#[test]
fn an_event_reaches_each_rule_whose_conditions_it_meets() {
    let bench = Bench::with_rules(
        r#"
        [by-type]
        when.types = ["Microsoft.ApiManagement.CircuitBreaker.*"]
        then.webhook.url = "https://type.example/"
        [by-subject]
        when.subject-begins-with = "/backends/orders/"
        when.subject-ends-with = "/default"
        then.webhook.url = "https://subject.example/"
        [by-data]
        when.data = { "/backendName" = "orders" }
        then.webhook.url = "https://data.example/"
        [another]
        when.data = { "/backendName" = "other" }
        then.webhook.url = "https://another.example/"
        "#,
    );
    let mut other = cloud_event("2");
    other["type"] = json!("com.example.other");
    other["subject"] = json!("/backends/other/x");
    other["data"]["backendName"] = json!("other");
    let body = json!([cloud_event("1"), other]).to_string();
    assert_eq!(bench.post(&[BATCH], body).status, 200);
    for (host, ids) in [
        ("type.example", ["1"]),
        ("subject.example", ["1"]),
        ("data.example", ["1"]),
        ("another.example", ["2"]),
    ] {
        assert_eq!(bench.receiver.taken_by(host), ids, "{host}");
    }
}

#[test]
fn a_webhook_gets_its_headers_its_mode_and_the_trace() {
    let bench = Bench::with(&[
        (
            "rules",
            r#"
            [page]
            then.webhook.url = "https://hook.example/in?code=1"
            then.webhook.mode = "binary"
            then.webhook.headers = { authorization = "Bearer ${secret:pager-token}", x-team = "gate" }
            "#,
        ),
        ("pager_token", "hunter2"),
    ]);
    let mut request = common::post("/events", &[STRUCTURED], cloud_event("1").to_string());
    let trace = TraceContext::continued_or_new(&HeaderMap::new(), &CountingRandom::new());
    request.extensions_mut().insert(trace);
    assert_eq!(now(answered(&bench.function(), request)).status, 200);
    let calls = bench.receiver.calls();
    assert_eq!(calls[0].address, "https://hook.example/in?code=1");
    assert_eq!(calls[0].method, "POST");
    assert_eq!(calls[0].headers["authorization"], "Bearer hunter2");
    assert_eq!(calls[0].headers["x-team"], "gate");
    assert_eq!(calls[0].headers["ce-id"], "1");
    assert_eq!(calls[0].headers["traceparent"], trace.to_string().as_str());
}

#[test]
fn a_function_of_the_collection_is_called_by_its_name() {
    let rules = "[restart]\nthen.function.name = \"desktop-flow\"\nthen.function.path = \"/runs/restart?x=1\"";
    let bench = Bench::with_rules(rules);
    assert_eq!(bench.post(&[STRUCTURED], cloud_event("1").to_string()).status, 200);
    let calls = bench.receiver.calls();
    assert_eq!(calls[0].address, "http://127.0.0.1:3000/desktop-flow/runs/restart?x=1");
    assert_eq!(calls[0].event.as_ref().unwrap().id(), "1");

    let elsewhere =
        Bench::with(&[("rules", rules), ("collection_url", "http://headgate:8080/base/")]);
    assert_eq!(elsewhere.post(&[STRUCTURED], cloud_event("1").to_string()).status, 200);
    let address = &elsewhere.receiver.calls()[0].address;
    assert_eq!(address, "http://headgate:8080/base/desktop-flow/runs/restart?x=1");
}

#[test]
fn a_sink_is_reached_in_its_own_way_and_its_filter_counts() {
    let bench = Bench::with(&[
        (
            "sinks",
            r#"
            [log]
            kind = "stdout"
            [topic]
            kind = "event-grid-topic"
            url = "https://topic.example/api/events"
            key = "${secret:topic-key}"
            [picky]
            kind = "webhook"
            url = "https://picky.example/"
            filter.types = ["com.example.other"]
            "#,
        ),
        ("topic_key", "a2V5"),
        (
            "rules",
            "[a]\nthen.sink = \"log\"\n[b]\nthen.sink = \"topic\"\n[c]\nthen.sink = \"picky\"",
        ),
    ]);
    assert_eq!(bench.post(&[STRUCTURED], cloud_event("1").to_string()).status, 200);
    assert_eq!(bench.lines.0.lock().unwrap().len(), 1);
    let calls = bench.receiver.calls();
    assert_eq!(calls.len(), 1);
    assert_eq!(calls[0].address, "https://topic.example/api/events?api-version=2018-01-01");
    assert_eq!(calls[0].headers["aeg-sas-key"], "a2V5");
}

#[test]
fn an_event_that_no_rule_is_for_costs_no_call() {
    let bench = Bench::with_rules(
        "[r]\nwhen.types = [\"com.example.other\"]\nthen.webhook.url = \"https://hook.example/\"",
    );
    let answer = bench.post(&[STRUCTURED], cloud_event("1").to_string());
    assert_eq!((answer.status, answer.body["unmatched"].as_u64()), (200, Some(1)));
    assert_eq!(bench.store.calls(), 0);
}
