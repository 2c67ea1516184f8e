use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::json;

use crate::net::{answer, with_headers};
use crate::town::{ORDERS, Town, get, request, send};

#[test]
fn a_token_that_is_not_taken_is_replaced_and_the_request_sent_again() {
    let town = Town::new(ORDERS);
    let function = town.function();
    assert_eq!(get(&function, "/orders/orders").status, 200);
    town.clock.0.advance(Duration::from_secs(60));
    town.net.serves(|sent| match sent.header("authorization") {
        Some("Bearer token-1") => Ok(answer(401, "expired")),
        _ => Ok(answer(200, "answer")),
    });
    let answered = send(&function, request("POST", "/orders/orders", "small"));
    assert_eq!((answered.status.as_u16(), answered.body.as_str()), (200, "answer"));
    let sent = town.net.sent();
    assert_eq!((sent.len(), &sent[2].body[..]), (3, &b"small"[..]));
    assert_eq!(sent[2].header("authorization"), Some("Bearer token-2"));
}

#[test]
fn a_second_refusal_is_passed_on_with_its_challenge() {
    let town = Town::new(ORDERS);
    let function = town.function();
    town.clock.0.advance(Duration::from_secs(60));
    let challenge = "Bearer error=\"insufficient_claims\", claims=\"eyJhIjoxfQ==\"";
    town.net.serves(move |_| Ok(with_headers(401, &[("www-authenticate", challenge)], "no")));
    let answered = get(&function, "/orders/orders");
    assert_eq!((answered.status.as_u16(), answered.body.as_str()), (401, "no"));
    assert_eq!(answered.header("www-authenticate"), Some(challenge));
    assert!(town.net.sent().len() <= 2);
}

#[test]
fn a_body_that_is_gone_is_not_sent_again() {
    let town = Town::new(ORDERS);
    let function = town.function();
    let count = AtomicUsize::new(0);
    town.net.serves(move |_| {
        count.fetch_add(1, Ordering::Relaxed);
        Ok(answer(401, "expired"))
    });
    let answered = send(&function, request("POST", "/orders/orders", &"x".repeat(65_537)));
    assert_eq!(answered.status, 401);
    assert_eq!((town.net.sent().len(), town.net.tokens()), (1, 1));
}

#[test]
fn a_caller_is_told_what_to_do_when_there_is_no_token() {
    for (status, body, answered_with, result) in [
        (
            400,
            json!({ "error": "invalid_resource", "error_description": "x" }),
            502,
            "IdentityRefused",
        ),
        (500, json!({}), 503, "EntraFailed"),
        (200, json!({}), 503, "EntraAnswerUnusable"),
    ] {
        let town = Town::new(ORDERS);
        town.net.tokens_are(status, &body.to_string());
        let answered = get(&town.function(), "/orders/orders");
        assert_eq!((answered.status.as_u16(), answered.result()), (answered_with, result));
        assert!(town.net.sent().is_empty());
        let reports = town.diagnostics.take();
        assert!(
            reports.iter().any(|(_, text)| text.starts_with("upstream orders: ")),
            "{reports:?}"
        );
    }
}

#[test]
fn a_throttled_token_endpoint_says_when_to_ask_again() {
    let town = Town::new(ORDERS);
    town.net.tokens_are(429, "");
    let answered = get(&town.function(), "/orders/orders");
    assert_eq!((answered.status.as_u16(), answered.result()), (503, "EntraThrottled"));
    assert!(answered.header("retry-after").is_some());
}
