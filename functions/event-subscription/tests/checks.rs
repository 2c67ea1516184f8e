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
    for path in ["/dead-letters", "/outbox", "/openapi.json"] {
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

/// A document of checks with the policy of this key.
fn token_checks(key: &TokenKey) -> String {
    format!("[token]\npolicy = '''\n{}'''\n", key.policy())
}

#[test]
fn a_bearer_token_is_judged_by_a_policy_of_events_and_of_a_handshake() {
    let random = CountingRandom::new();
    let (key, other) = (TokenKey::new(&random), TokenKey::new(&random));
    let bench = bench(&token_checks(&key));
    let later = key.authorization(START.plus(Duration::from_secs(3600)));
    let handshake = json!([{
        "id": "1", "topic": "/t", "subject": "", "dataVersion": "1",
        "eventType": "Microsoft.EventGrid.SubscriptionValidationEvent",
        "eventTime": "2025-04-02T00:47:48Z", "data": { "validationCode": "512d38b6" }
    }])
    .to_string();
    let event = cloud_event("1").to_string();
    let asked = |kind: Option<(&str, &str)>, body: &str, token: Option<&str>| {
        let kind = kind.into_iter().chain([("content-type", "application/cloudevents+json")]);
        let token = token.map(|token| ("authorization", token));
        bench.post(&kind.chain(token).collect::<Vec<_>>(), body.to_owned())
    };
    let foreign = other.authorization(START.plus(Duration::from_secs(3600)));
    let expired = key.authorization(START);
    for (kind, body) in
        [(None, &event), (Some(("aeg-event-type", "SubscriptionValidation")), &handshake)]
    {
        for (token, reason) in [
            (None, "TokenNotPresent"),
            (Some("Bearer x"), "JwtInvalid"),
            (Some(expired.as_str()), "TokenExpired"),
            (Some(foreign.as_str()), "TokenSignatureInvalid"),
        ] {
            let refused = asked(kind, body, token);
            assert_eq!(refused.status, 401, "{reason}");
            assert_eq!(refused.headers["x-headgate-reason"], reason);
            assert!(refused.headers["www-authenticate"].to_str().unwrap().starts_with("Bearer"));
        }
    }
    assert_eq!(bench.receiver.count(), 0);
    assert_eq!(asked(None, &event, Some(&later)).status, 200);
    assert_eq!(bench.receiver.taken_by("hook.example"), ["1"]);
    let answer =
        asked(Some(("aeg-event-type", "SubscriptionValidation")), &handshake, Some(&later));
    assert_eq!(answer.body, json!({ "validationResponse": "512d38b6" }));
}

#[test]
fn a_token_and_the_other_checks_must_all_be_passed() {
    let key = TokenKey::new(&CountingRandom::new());
    let bench = bench(&format!("subscriptions = [\"orders\"]\n{}", token_checks(&key)));
    let token = key.authorization(START.plus(Duration::from_secs(3600)));
    let (token, name) = (("authorization", token.as_str()), ("aeg-subscription-name", "ORDERS"));
    assert_eq!(sent(&bench, &[name]).status, 401);
    assert_eq!(sent(&bench, &[token]).status, 403);
    assert_eq!(sent(&bench, &[token, name]).status, 200);
}

#[test]
fn a_handshake_of_cloud_events_needs_no_token_and_may_have_no_bad_one() {
    let key = TokenKey::new(&CountingRandom::new());
    let bench = Bench::with(&[
        ("rules", ONE_RULE),
        ("checks", &token_checks(&key)),
        ("webhook_origins", "eventgrid.azure.net"),
    ]);
    let asked = |origin: &str, token: Option<&str>| {
        let mut request = Request::options("/events").header("webhook-request-origin", origin);
        if let Some(token) = token {
            request = request.header("authorization", token);
        }
        bench.ask(request.body(Body::empty()).unwrap())
    };
    let good = key.authorization(START.plus(Duration::from_secs(3600)));
    assert_eq!(asked("eventgrid.azure.net", None).status, 200);
    assert_eq!(asked("eventgrid.azure.net", Some(&good)).status, 200);
    assert_eq!(asked("other.example", Some(&good)).status, 403);
    let refused = asked("eventgrid.azure.net", Some(&key.authorization(START)));
    assert_eq!(refused.status, 401);
    assert!(!refused.headers.contains_key("webhook-allowed-origin"));
}

#[test]
fn what_the_platform_hands_over_needs_no_check() {
    let bench = bench("subscriptions = [\"orders\"]");
    let event = json!({ "id": "1", "source": "com.example", "detail-type": "T", "detail": {} });
    assert_eq!(bench.invoke(&event).status, 200);
    assert_eq!(bench.post(&[("content-type", "application/json")], event.to_string()).status, 403);
}
