use headgate_core::{Body, BodyError, HttpError};
use http::header::RETRY_AFTER;
use http::{HeaderValue, Response};

use crate::town::{ORDERS, Town, get, post, request, send};

#[test]
fn failures_open_the_circuit_and_time_closes_it_with_one_event_each() {
    let town = Town::new(ORDERS);
    let function = town.function();
    town.net.answers("orders.example", 502);
    for _ in 0..3 {
        let answered = get(&function, "/proxy/orders/a");
        assert_eq!((answered.status.as_u16(), answered.body.as_str()), (502, "answer"));
    }
    town.advance(1);
    let refused = get(&function, "/proxy/orders/a");
    assert_eq!((refused.status.as_u16(), refused.result()), (503, "CircuitOpen"));
    assert_eq!(refused.header("retry-after"), Some("9"));
    assert_eq!(refused.header("content-type"), Some("application/problem+json"));
    assert_eq!(town.net.sent().len(), 3);
    town.advance(9);
    town.net.answers("orders.example", 200);
    assert_eq!(get(&function, "/proxy/orders/a").status, 200);
    assert_eq!(town.net.event_types(), ["Opened", "Closed"]);
}

#[test]
fn the_configured_status_is_answered_while_the_circuit_is_open() {
    let document =
        ORDERS.replace("acceptRetryAfter = true", "failureResponse = { statusCode = 429 }");
    let town = Town::new(&document);
    let function = town.function();
    town.net.answers("orders.example", 500);
    for _ in 0..3 {
        get(&function, "/proxy/orders");
    }
    assert_eq!(get(&function, "/proxy/orders").status, 429);
}

#[test]
fn the_retry_after_of_the_response_that_trips_is_the_trips_duration() {
    let town = Town::new(ORDERS);
    let function = town.function();
    town.net.serves("orders.example", |_| {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = http::StatusCode::SERVICE_UNAVAILABLE;
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("77"));
        Ok(response)
    });
    for _ in 0..3 {
        assert_eq!(get(&function, "/proxy/orders/").header("retry-after"), Some("77"));
    }
    assert_eq!(get(&function, "/proxy/orders/").header("retry-after"), Some("77"));
    assert_eq!(town.net.sent().len(), 3);
    assert_eq!(town.lines.0.lock().unwrap().len(), 1);
    assert!(town.lines.0.lock().unwrap()[0].contains("00:01:17"));
}

#[test]
fn a_backend_that_is_dead_or_silent_trips_by_status_alone() {
    for (error, status, result) in [
        (unreachable as fn() -> HttpError, 502, "BackendUnreachable"),
        (|| HttpError::TimedOut, 504, "BackendTimedOut"),
    ] {
        let town = Town::new(ORDERS);
        let function = town.function();
        town.net.fails("orders.example", error);
        for _ in 0..3 {
            let answered = get(&function, "/proxy/orders/a");
            assert_eq!((answered.status.as_u16(), answered.result()), (status, result));
        }
        assert_eq!(get(&function, "/proxy/orders/a").result(), "CircuitOpen");
        assert_eq!(town.net.event_types(), ["Opened"]);
    }
}

fn unreachable() -> HttpError {
    HttpError::Unreachable("refused".to_owned())
}

#[test]
fn a_dead_backend_trips_by_reason_too() {
    let document = ORDERS.replace(
        "statusCodeRanges = [{ min = 500, max = 599 }]",
        r#"errorReasons = ["backendconnectionfailure"]"#,
    );
    let town = Town::new(&document);
    let function = town.function();
    town.net.fails("orders.example", unreachable);
    for _ in 0..3 {
        get(&function, "/proxy/orders/a");
    }
    assert_eq!(town.net.event_types(), ["Opened"]);
}

#[test]
fn what_says_nothing_about_the_backend_is_not_counted() {
    let town = Town::new(ORDERS);
    let function = town.function();
    for (error, status, result) in [
        (caller_left as fn() -> HttpError, 400, "BodyNotRead"),
        (|| HttpError::NotAllowed("orders.example".to_owned()), 502, "BackendNotAllowed"),
    ] {
        town.net.fails("orders.example", error);
        for _ in 0..5 {
            let answered = get(&function, "/proxy/orders/a");
            assert_eq!((answered.status.as_u16(), answered.result()), (status, result));
        }
    }
    assert!(town.store.history().is_empty());
    let reports = town.diagnostics.take();
    assert!(reports.iter().any(|(_, text)| text.contains("backend Orders may not be called")));
}

fn caller_left() -> HttpError {
    HttpError::RequestBody(BodyError::BrokenOff("gone".into()))
}

#[test]
fn a_healthy_backend_costs_one_read_of_the_store_a_second_and_no_write() {
    let town = Town::new(ORDERS);
    let function = town.function();
    for _ in 0..50 {
        get(&function, "/proxy/orders/a");
    }
    assert_eq!(town.store.calls(), 1);
    town.advance(1);
    get(&function, "/proxy/orders/a");
    assert_eq!(town.store.calls(), 2);
    assert!(town.store.history().is_empty());
}

#[test]
fn a_state_cache_of_nothing_reads_before_each_request() {
    let town = Town::new(ORDERS).with("state_cache_ms", "0");
    let (one, other) = (town.function(), town.function());
    assert_eq!(get(&one, "/proxy/orders/a").status, 200);
    post(&other, "/backends/orders:trip", "");
    assert_eq!(get(&one, "/proxy/orders/a").status, 503);
}

#[test]
fn a_trip_of_another_instance_is_noticed_within_the_cache_age() {
    let town = Town::new(ORDERS);
    let (one, other) = (town.function(), town.function());
    assert_eq!(get(&one, "/proxy/orders/a").status, 200);
    post(&other, "/backends/orders:trip", "");
    assert_eq!(get(&one, "/proxy/orders/a").status, 200);
    town.advance(1);
    assert_eq!(get(&one, "/proxy/orders/a").status, 503);
}

#[test]
fn requests_go_on_while_the_store_is_down_and_it_is_not_asked_each_time() {
    let town = Town::new(ORDERS);
    let function = town.function();
    town.store.fail();
    for _ in 0..5 {
        assert_eq!(get(&function, "/proxy/orders/a").status, 200);
    }
    assert_eq!(town.store.calls(), 1);
    town.net.answers("orders.example", 500);
    for _ in 0..3 {
        assert_eq!(get(&function, "/proxy/orders/a").status, 500);
    }
    // What could not be stored is kept, and counts once the store is back.
    town.store.recover();
    assert_eq!(post(&function, "/tick", "").status, 200);
    assert_eq!(town.net.event_types(), ["Opened"]);
}

#[test]
fn a_record_of_a_later_version_is_left_alone() {
    let town = Town::new(ORDERS);
    let function = town.function();
    let newer = br#"{"state":{"v":2}}"#;
    let stored =
        headgate_core::KeyValue::compare_and_swap(&town.store, "breaker/orders", None, newer);
    crate::town::now(stored).unwrap();
    town.net.answers("orders.example", 500);
    for _ in 0..3 {
        assert_eq!(get(&function, "/proxy/orders/a").status, 500);
    }
    assert_eq!(town.store.history().len(), 1);
}

#[test]
fn a_half_open_backend_gets_as_many_probes_as_its_rule_says() {
    let document = ORDERS.replace("acceptRetryAfter = true", "halfOpen = { probes = 2 }");
    let town = Town::that_goes_on(&document);
    let function = town.function();
    town.net.answers("orders.example", 500);
    for _ in 0..3 {
        get(&function, "/proxy/orders/a");
    }
    town.settle();
    town.advance(10);
    town.net.answers("orders.example", 200);
    let statuses: Vec<_> =
        (0..4).map(|_| get(&function, "/proxy/orders/a").status.as_u16()).collect();
    assert_eq!(statuses, [200, 200, 503, 503]);
    town.settle();
    assert_eq!(get(&function, "/proxy/orders/a").status, 200);
    assert_eq!(town.net.event_types(), ["Opened", "Closed"]);
}

#[test]
fn an_upgrade_and_a_tunnel_are_refused() {
    let town = Town::new(ORDERS);
    let function = town.function();
    let mut upgrade = request("GET", "/proxy/orders/socket", "");
    upgrade.headers_mut().insert("connection", HeaderValue::from_static("keep-alive, Upgrade"));
    upgrade.headers_mut().insert("upgrade", HeaderValue::from_static("websocket"));
    assert_eq!(send(&function, upgrade).status, 501);
    let mut tunnel = request("CONNECT", "/", "");
    *tunnel.uri_mut() = http::Uri::from_static("/proxy/orders/a");
    assert_eq!(send(&function, tunnel).status, 501);
    assert!(town.net.sent().is_empty());
}

#[test]
fn a_path_that_leads_out_of_the_backends_is_refused() {
    let town = Town::new(ORDERS);
    let function = town.function();
    for path in ["/proxy/orders/../admin", "/proxy/orders/%2e%2E/admin", "/proxy/orders/a%2f..%2fb"]
    {
        assert_eq!(get(&function, path).status, 400, "{path}");
    }
    assert!(town.net.sent().is_empty());
}
