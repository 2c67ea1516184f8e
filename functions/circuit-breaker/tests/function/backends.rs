use serde_json::json;

use crate::town::{ORDERS, Town, get, post};

#[test]
fn a_backend_is_shown_with_its_counters_and_when_it_closes() {
    let town = Town::new(ORDERS);
    let function = town.function();
    town.net.answers("orders.example", 500);
    for _ in 0..2 {
        assert_eq!(get(&function, "/proxy/orders/a").status, 500);
    }
    assert_eq!(
        get(&function, "/backends/ORDERS").json(),
        json!({
            "name": "Orders", "title": null, "url": "https://orders.example/v1", "state": "closed",
            "rules": [{
                "name": "failures", "state": "closed", "calls": 2, "failures": 2, "count": 3,
                "interval": "00:01:00", "tripDuration": "00:00:10",
            }],
        })
    );
    get(&function, "/proxy/orders/a");
    town.advance(3);
    let shown = get(&function, "/backends").json();
    let backend = &shown["backends"][0];
    assert_eq!((&backend["state"], &backend["retryAfter"]), (&json!("open"), &json!(7)));
    let rule = &backend["rules"][0];
    assert_eq!(rule["openedAt"], "2025-04-02T00:47:48.000Z");
    assert_eq!(rule["closesAt"], "2025-04-02T00:47:58.000Z");
    assert_eq!(shown["pools"], json!([]));
}

#[test]
fn an_unknown_backend_is_not_found() {
    let function = Town::new(ORDERS).function();
    for answered in [
        get(&function, "/backends/other"),
        get(&function, "/proxy/other/a"),
        post(&function, "/backends/other:trip", ""),
        post(&function, "/backends/other:reset", ""),
    ] {
        assert_eq!((answered.status.as_u16(), answered.result()), (404, "BackendNotFound"));
    }
}

#[test]
fn a_trip_by_hand_opens_for_as_long_as_it_says_and_a_reset_closes() {
    let town = Town::new(ORDERS);
    let function = town.function();
    let answered = post(&function, "/backends/orders:trip", r#"{ "duration": "PT5M" }"#);
    assert_eq!(answered.json()["state"], "open");
    assert_eq!(answered.json()["retryAfter"], 300);
    let refused = get(&function, "/proxy/orders/a");
    assert_eq!((refused.status.as_u16(), refused.header("retry-after")), (503, Some("300")));
    assert!(town.net.sent().is_empty());
    assert_eq!(post(&function, "/backends/orders:reset", "").json()["state"], "closed");
    assert_eq!(get(&function, "/proxy/orders/a").status, 200);
    assert_eq!(town.net.event_types(), ["Opened", "Closed"]);
    let subject = "/backends/Orders/circuit-breaker/rules/manual";
    assert!(town.net.events().iter().all(|event| event.subject() == Some(subject)));
    assert_eq!(post(&function, "/backends/orders:trip", "").json()["retryAfter"], 3_600);
}

#[test]
fn an_invalid_trip_is_refused_by_its_member() {
    let town = Town::new(ORDERS);
    let function = town.function();
    for (body, expected) in [
        ("[]", "the body must be a JSON object"),
        ("{", "the body is not JSON"),
        (r#"{"duration":5}"#, "duration must be a text"),
        (r#"{"duration":"5 minutes"}"#, "duration "),
        (r#"{"duration":"P2Y"}"#, "duration "),
        (r#"{"until":"x"}"#, "\"until\" is no member"),
    ] {
        let answered = post(&function, "/backends/orders:trip", body);
        assert_eq!(answered.status, 400, "{body}");
        let detail = answered.json()["detail"].as_str().unwrap().to_owned();
        assert!(detail.starts_with(expected), "{detail}");
    }
    let long = format!("{{\"duration\":\"{}\"}}", " ".repeat(5_000));
    assert_eq!(post(&function, "/backends/orders:trip", &long).status, 413);
    assert!(town.store.history().is_empty());
}

#[test]
fn a_store_that_is_down_is_said_where_nothing_can_be_said_without_it() {
    let town = Town::new(ORDERS);
    let function = town.function();
    town.store.fail();
    for answered in [
        get(&function, "/backends"),
        get(&function, "/backends/orders"),
        post(&function, "/backends/orders:trip", ""),
        post(&function, "/backends/orders:reset", ""),
        post(&function, "/outcomes", r#"{"backend":"orders","id":"1","status":500}"#),
        post(&function, "/tick", ""),
        get(&function, "/outbox"),
    ] {
        assert_eq!((answered.status.as_u16(), answered.result()), (503, "StoreUnavailable"));
    }
    town.store.recover();
    assert_eq!(get(&function, "/backends").status, 200);
}
