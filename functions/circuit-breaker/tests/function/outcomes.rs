use serde_json::json;

use crate::town::{ORDERS, START, Town, get, post};

fn failure(id: u32) -> String {
    json!({ "backend": "orders", "id": id.to_string(), "source": "gw-1", "status": 503 })
        .to_string()
}

#[test]
fn outcomes_of_other_gateways_trip_a_backend_with_the_documented_event() {
    let town = Town::new(ORDERS).with("source", "/subscriptions/s/service/apim");
    let function = town.function();
    for id in 1..=3 {
        let answered = post(&function, "/outcomes", &failure(id));
        assert_eq!((answered.status.as_u16(), answered.json()), (200, json!({ "outcomes": 1 })));
    }
    let events = town.net.events();
    let [event] = events.as_slice() else { panic!("{events:?}") };
    assert_eq!(event.event_type(), "Microsoft.ApiManagement.CircuitBreaker.Opened");
    assert_eq!(event.source(), "/subscriptions/s/service/apim");
    assert_eq!(event.subject(), Some("/backends/Orders/circuit-breaker/rules/failures"));
    let printed: serde_json::Value =
        serde_json::from_str(&town.lines.0.lock().unwrap()[0]).unwrap();
    assert_eq!(
        printed["data"],
        json!({
            "backendName": "Orders",
            "circuitBreaker": { "rules": { "failures": { "tripDuration": "00:00:10" } } },
        })
    );
    assert_eq!(get(&function, "/proxy/orders/a").status, 503);
}

#[test]
fn an_outcome_that_is_reported_again_counts_once() {
    let town = Town::new(ORDERS);
    let function = town.function();
    for _ in 0..10 {
        let twice = format!("[{},{},{}]", failure(1), failure(2), failure(1));
        assert_eq!(post(&function, "/outcomes", &twice).json(), json!({ "outcomes": 3 }));
    }
    assert_eq!(get(&function, "/backends/orders").json()["rules"][0]["failures"], 2);
    let other_source = failure(1).replace("gw-1", "gw-2");
    post(&function, "/outcomes", &other_source);
    assert_eq!(town.net.event_types(), ["Opened"]);
}

#[test]
fn time_reason_and_retry_after_of_a_report_count() {
    let document = ORDERS
        .replace("statusCodeRanges = [{ min = 500, max = 599 }]", r#"errorReasons = ["Timeout"]"#);
    let town = Town::new(&document);
    let function = town.function();
    let report = |id: &str, seconds: u64| {
        let time = headgate_core::Timestamp::from_secs(START.as_secs() - seconds).to_string();
        json!({ "backend": "Orders", "id": id, "time": time, "errorReason": "timeout", "retryAfter": 120 })
    };
    // The first is older than the interval.
    let batch = json!([report("1", 61), report("2", 30), report("3", 20)]).to_string();
    post(&function, "/outcomes", &batch);
    assert_eq!(get(&function, "/backends/orders").json()["state"], "closed");
    post(&function, "/outcomes", &report("4", 1).to_string());
    assert_eq!(get(&function, "/backends/orders").json()["retryAfter"], 120);
}

#[test]
fn an_invalid_outcome_is_refused_by_its_member_and_nothing_is_counted() {
    let town = Town::new(ORDERS);
    let function = town.function();
    for (body, status, expected) in [
        ("", 400, "the body is not JSON"),
        ("7", 400, "the body must be a JSON object"),
        ("[1]", 400, "[0] must be a JSON object"),
        (r#"{"id":"1","status":500}"#, 400, "backend must be given"),
        (r#"{"backend":"orders","status":500}"#, 400, "id must be given"),
        (r#"{"backend":"orders","id":1,"status":500}"#, 400, "id must be a text"),
        (r#"{"backend":"orders","id":"1"}"#, 400, "status or errorReason must be given"),
        (r#"{"backend":"orders","id":"1","status":99}"#, 400, "status must be a whole number"),
        (r#"{"backend":"orders","id":"1","status":"500"}"#, 400, "status must be a whole number"),
        (r#"{"backend":"orders","id":"1","status":500,"time":"now"}"#, 400, "time must be a time"),
        (
            r#"{"backend":"orders","id":"1","status":500,"retryAfter":"soon"}"#,
            400,
            "retryAfter must be",
        ),
        (r#"{"backend":"orders","id":"1","errorReason":""}"#, 400, "errorReason must be a text"),
        (r#"{"backend":"orders","id":"1","state":500}"#, 400, "state is not known"),
        (
            r#"[{"backend":"orders","id":"1","status":500},{"backend":"x","id":"2","status":500}]"#,
            404,
            "[1].backend names no backend",
        ),
    ] {
        let answered = post(&function, "/outcomes", body);
        assert_eq!(answered.status, status, "{body}");
        let detail = answered.json()["detail"].as_str().unwrap().to_owned();
        assert!(detail.starts_with(expected), "{detail}");
    }
    let many = vec![failure(1); 257].join(",");
    assert_eq!(post(&function, "/outcomes", &format!("[{many}]")).status, 400);
    assert_eq!(post(&function, "/outcomes", &" ".repeat(256 * 1024 + 1)).status, 413);
    assert!(town.store.history().is_empty());
}
