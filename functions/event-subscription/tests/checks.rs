//! Whose messages are believed.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "this is a test"
)]

mod common;

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use common::{Answer, Bench, ONE_RULE, START, STRUCTURED, cloud_event, post};
use headgate_core::Body;
use headgate_events::SigningSecret;
use headgate_events::delivery::sign;
use headgate_fakes::{CountingRandom, TokenKey};
use http::Request;
use serde_json::json;

fn bench(checks: &str) -> Bench {
    Bench::with(&[
        ("rules", ONE_RULE),
        ("checks", checks),
        ("webhook_key", "correct-horse-battery"),
        ("signing_key", &signing_key(7)),
    ])
}

fn signing_key(byte: u8) -> String {
    format!("whsec_{}", STANDARD.encode([byte; 32]))
}

fn sent(bench: &Bench, headers: &[(&str, &str)]) -> Answer {
    let headers: Vec<_> = headers.iter().copied().chain([STRUCTURED]).collect();
    bench.post(&headers, cloud_event("1").to_string())
}

#[test]
fn without_checks_nobody_is_believed_and_nothing_has_to_be_said_in_so_many_words() {
    let answer = sent(&bench(""), &[]);
    assert_eq!(answer.status, 403);
    assert!(answer.detail().contains("none in so many words"), "{}", answer.body);
    assert_eq!(sent(&bench("none"), &[]).status, 200);
}

#[test]
fn a_subscription_is_expected_by_its_name_whatever_the_case() {
    let bench = bench("subscriptions = [\"orders-events\", \"other\"]");
    for name in ["ORDERS-EVENTS", "orders-events", "Other"] {
        assert_eq!(sent(&bench, &[("aeg-subscription-name", name)]).status, 200, "{name}");
    }
    for headers in
        [vec![], vec![("aeg-subscription-name", "orders")], vec![("aeg-subscription-name", "")]]
    {
        let answer = sent(&bench, &headers);
        assert_eq!(answer.status, 403, "{headers:?}");
        assert!(!answer.body.to_string().contains("orders-events"));
    }
}

#[test]
fn a_shared_secret_is_sent_in_the_header_that_is_configured() {
    let bench = bench("[shared-secret]\nheader = \"X-Key\"\nvalue = \"${secret:webhook-key}\"");
    assert_eq!(sent(&bench, &[("x-key", "correct-horse-battery")]).status, 200);
    for headers in [
        vec![],
        vec![("x-key", "")],
        vec![("x-key", "correct-horse-batter")],
        vec![("x-key", "correct-horse-battery"), ("x-key", "correct-horse-battery")],
    ] {
        let answer = sent(&bench, &headers);
        assert_eq!(answer.status, 401, "{headers:?}");
        assert_eq!(answer.headers["www-authenticate"], "Webhook realm=\"events\"");
        assert!(!answer.body.to_string().contains("horse"));
    }
}

#[test]
fn a_shared_secret_is_sent_in_the_query_and_may_be_one_of_several() {
    let checks = "[shared-secret]\nquery = \"code\"\nvalue = [\"${secret:webhook-key}\", \"a new secret of mine\"]";
    let bench = bench(checks);
    let sent = |query: &str| {
        let body = cloud_event("1").to_string();
        bench.ask(post(&format!("/events?{query}"), &[STRUCTURED], body)).status
    };
    assert_eq!(sent("code=correct-horse-battery"), 200);
    assert_eq!(sent("a=b&code=a%20new%20secret%20of%20mine"), 200);
    for query in ["", "code=", "code=wrong", "Code=correct-horse-battery"] {
        assert_eq!(sent(query), 401, "{query}");
    }
}

#[test]
fn a_signature_must_be_the_bodys_at_this_time() {
    let bench = bench("[signature]\nsecret = \"${secret:signing-key}\"");
    let body = cloud_event("1").to_string();
    let signed = |key: u8, body: &str| {
        let secret = SigningSecret::parse(&signing_key(key)).unwrap();
        let signed = sign("msg_1", START, body.as_bytes(), &secret);
        [
            ("webhook-id", signed.id),
            ("webhook-timestamp", signed.timestamp.to_string()),
            ("webhook-signature", signed.signature),
        ]
    };
    let status = |headers: &[(&'static str, String)]| {
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        sent(&bench, &headers).status
    };
    assert_eq!(status(&signed(7, &body)), 200);
    assert_eq!(status(&signed(8, &body)), 401);
    assert_eq!(status(&signed(7, "{}")), 401);
    assert_eq!(status(&[]), 401);
    bench.clock.advance(std::time::Duration::from_secs(301));
    assert_eq!(status(&signed(7, &body)), 401);
}

#[test]
fn every_check_that_is_there_must_be_passed() {
    let bench = bench(
        "subscriptions = \"orders\"\n[shared-secret]\nheader = \"x-key\"\nvalue = \"${secret:webhook-key}\"",
    );
    let (name, key) = (("aeg-subscription-name", "ORDERS"), ("x-key", "correct-horse-battery"));
    assert_eq!(sent(&bench, &[name, key]).status, 200);
    assert_eq!(sent(&bench, &[name]).status, 401);
    assert_eq!(sent(&bench, &[key]).status, 403);
}

#[test]
fn a_refused_message_leaves_nothing_behind() {
    let bench = bench("subscriptions = [\"orders\"]");
    assert_eq!(sent(&bench, &[]).status, 403);
    assert_eq!(bench.store.calls(), 0);
    assert_eq!(bench.receiver.count(), 0);
}

#[test]
fn the_own_routes_are_closed_until_access_is_said() {
    let bench = Bench::with(&[("rules", ONE_RULE), ("access", "")]);
    for path in ["/dead-letters", "/openapi.json"] {
        assert_eq!(bench.get(path).status, 403, "{path}");
    }
    assert_eq!(bench.ask(post("/dead-letters/1:redeliver", &[], "")).status, 403);
    assert_eq!(bench.get("/healthz").status, 200);
}

#[test]
fn a_policy_as_access_lets_a_good_token_to_the_own_routes_and_nothing_else() {
    let key = TokenKey::new(&CountingRandom::new());
    let bench = Bench::with(&[("rules", ONE_RULE), ("access", &key.policy())]);
    let with = |token: &str| {
        let asked = Request::get("/dead-letters").header("authorization", token);
        bench.ask(asked.body(Body::empty()).unwrap())
    };
    let later = START.plus(Duration::from_secs(3600));
    for path in ["/dead-letters", "/openapi.json"] {
        let refused = bench.get(path);
        assert_eq!(refused.status, 401, "{path}");
        assert_eq!(refused.headers["www-authenticate"], "Bearer", "{path}");
    }
    assert_eq!(bench.ask(post("/dead-letters/1:redeliver", &[], "")).status, 401);
    assert_eq!(with(&key.authorization(START)).headers["x-headgate-reason"], "TokenExpired");
    assert_eq!(with(&key.authorization(later)).status, 200);
    assert_eq!(bench.deliver(&["1"]).status, 200);
}

#[test]
fn what_the_platform_hands_over_needs_no_check() {
    let bench = bench("subscriptions = [\"orders\"]");
    let event = json!({ "id": "1", "source": "com.example", "detail-type": "T", "detail": {} });
    assert_eq!(bench.invoke(&event).status, 200);
    assert_eq!(bench.post(&[("content-type", "application/json")], event.to_string()).status, 403);
}
