//! What a producer asks before it sends events, and what it says when it stops.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "this is a test"
)]

mod common;

use std::time::Duration;

use common::{Answer, Bench, JSON, ONE_RULE};
use headgate_core::{Body, Severity};
use http::Request;
use serde_json::{Value, json};

const URL: &str = "https://rp-westeurope.eventgrid.azure.net:553/eventsubscriptions/orders/validate?id=1&token=hunter2";

const VALIDATION: (&str, &str) = ("aeg-event-type", "SubscriptionValidation");

fn validation(url: &str) -> Value {
    json!([{
        "id": "2d1781af-3a4c-4d7c-bd0c-e34b19da4e66",
        "topic": "/subscriptions/s/resourceGroups/rg/providers/Microsoft.EventGrid/topics/orders",
        "subject": "",
        "data": { "validationCode": "512d38b6-c7b8-40c8-89fe-f46f9e9622b6", "validationUrl": url },
        "eventType": "Microsoft.EventGrid.SubscriptionValidationEvent",
        "eventTime": "2018-01-25T22:12:19.4556811Z",
        "metadataVersion": "1",
        "dataVersion": "1"
    }])
}

fn options(bench: &Bench, headers: &[(&str, &str)]) -> Answer {
    let mut request = Request::options("/events");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    bench.ask(request.body(Body::empty()).unwrap())
}

#[test]
fn the_validation_code_is_sent_back_with_exactly_200() {
    let bench = Bench::with_rules(ONE_RULE);
    let answer = bench.post(&[JSON, VALIDATION], validation(URL).to_string());
    assert_eq!(answer.status, 200);
    let code = json!({ "validationResponse": "512d38b6-c7b8-40c8-89fe-f46f9e9622b6" });
    assert_eq!(answer.body, code);
    assert_eq!(bench.receiver.count(), 0);
}

#[test]
fn only_an_expected_subscription_is_validated() {
    let checks = "subscriptions = [\"orders-events\"]";
    let bench = Bench::with(&[("rules", ONE_RULE), ("checks", checks)]);
    let expected = ("aeg-subscription-name", "ORDERS-EVENTS");
    assert_eq!(bench.post(&[VALIDATION, expected], validation(URL).to_string()).status, 200);
    for headers in [
        vec![VALIDATION],
        vec![VALIDATION, ("aeg-subscription-name", "OTHER")],
        vec![VALIDATION, expected, expected],
    ] {
        let answer = bench.post(&headers, validation(URL).to_string());
        assert_eq!(answer.status, 403, "{headers:?}");
        assert!(answer.body.get("validationResponse").is_none());
    }
}

#[test]
fn a_malformed_handshake_names_the_member() {
    let bench = Bench::with_rules(ONE_RULE);
    let mut two = validation(URL);
    let second = two[0].clone();
    two.as_array_mut().unwrap().push(second);
    let mut codeless = validation(URL);
    codeless[0]["data"].as_object_mut().unwrap().remove("validationCode");
    let mut other = validation(URL);
    other[0]["eventType"] = json!("Microsoft.Storage.BlobCreated");
    for (body, member) in [
        (two, "exactly one"),
        (json!({}), "exactly one"),
        (json!([]), "exactly one"),
        (codeless, "data.validationCode"),
        (other, "eventType"),
        (json!([{ "eventType": 5 }]), "eventType"),
    ] {
        let answer = bench.post(&[JSON, VALIDATION], body.to_string());
        assert_eq!(answer.status, 400, "{body}");
        assert!(answer.detail().contains(member), "{member}: {}", answer.body);
    }
}

#[test]
fn by_url_the_address_is_asked_and_the_code_is_not_sent_back() {
    let bench = Bench::with(&[("rules", ONE_RULE), ("validation", "url")]);
    let answer = bench.post(&[JSON, VALIDATION], validation(URL).to_string());
    assert_eq!((answer.status, answer.body), (200, json!({})));
    let calls = bench.receiver.calls();
    assert_eq!((calls[0].method.as_str(), calls[0].address.as_str()), ("GET", URL));
    bench.tick();
    assert_eq!(bench.receiver.count(), 1, "an address that has answered is not asked again");
}

#[test]
fn an_address_that_does_not_answer_is_asked_by_each_tick_for_ten_minutes() {
    let bench = Bench::with(&[("rules", ONE_RULE), ("validation", "url")]);
    bench.receiver.answers_next([0, 404]);
    assert_eq!(bench.post(&[JSON, VALIDATION], validation(URL).to_string()).status, 200);
    bench.tick();
    bench.tick();
    assert_eq!(bench.receiver.count(), 3);
    assert_eq!(bench.keys("validations/"), [""; 0]);

    bench.receiver.answers_always("rp-westeurope.eventgrid.azure.net", 500);
    assert_eq!(bench.post(&[JSON, VALIDATION], validation(URL).to_string()).status, 200);
    bench.clock.advance(Duration::from_secs(600));
    bench.tick();
    assert_eq!(bench.receiver.count(), 4, "after ten minutes it is not asked any more");
    assert_eq!(bench.keys("validations/"), [""; 0]);
    let reports = format!("{:?}", bench.diagnostics.take());
    assert!(reports.contains("not validated") && !reports.contains("hunter2"), "{reports}");
}

#[test]
fn an_address_outside_of_event_grid_is_never_asked() {
    let bench = Bench::with(&[("rules", ONE_RULE), ("validation", "url")]);
    for url in [
        "https://eventgrid.azure.net.example/validate",
        "http://rp.eventgrid.azure.net/validate",
        "https://user@rp.eventgrid.azure.net/validate",
        "https://169.254.169.254/latest/meta-data",
        "no address",
    ] {
        let answer = bench.post(&[JSON, VALIDATION], validation(url).to_string());
        assert_eq!(answer.status, 400, "{url}");
        assert!(answer.detail().contains("data.validationUrl"), "{url}");
    }
    assert_eq!(bench.receiver.count(), 0);
    assert_eq!(bench.keys("validations/"), [""; 0]);
}

#[test]
fn a_deleted_subscription_is_acknowledged_and_reported() {
    let bench = Bench::with_rules(ONE_RULE);
    let answer = bench.post(&[JSON, ("aeg-event-type", "SubscriptionDeletion")], "[]");
    assert_eq!(answer.status, 200);
    let reports = bench.diagnostics.take();
    assert_eq!(reports[0].0, Severity::Info);
    assert!(reports[0].1.contains("the subscription is deleted"));
}

#[test]
fn a_granted_origin_gets_its_origin_the_rate_and_the_method() {
    let bench = Bench::with(&[
        ("rules", ONE_RULE),
        ("webhook_origins", "eventgrid.azure.net, producer.example"),
        ("webhook_rate", "120"),
    ]);
    let answer = options(
        &bench,
        &[
            ("webhook-request-origin", "EventGrid.azure.net"),
            ("webhook-request-rate", "1000"),
            ("webhook-request-callback", "https://169.254.169.254/"),
        ],
    );
    assert_eq!(answer.status, 200);
    assert_eq!(answer.headers["webhook-allowed-origin"], "EventGrid.azure.net");
    assert_eq!(answer.headers["webhook-allowed-rate"], "120");
    assert_eq!(answer.headers["allow"], "POST");
    assert_eq!(bench.receiver.count(), 0, "a callback is never called");
}

#[test]
fn an_origin_that_is_not_granted_gets_no_consent() {
    let bench = Bench::with(&[("rules", ONE_RULE), ("webhook_origins", "eventgrid.azure.net")]);
    for headers in [
        vec![],
        vec![("webhook-request-origin", "other.example")],
        vec![("webhook-request-origin", "*")],
        vec![
            ("webhook-request-origin", "eventgrid.azure.net"),
            ("webhook-request-origin", "other.example"),
        ],
    ] {
        let answer = options(&bench, &headers);
        assert_eq!(answer.status, 403, "{headers:?}");
        assert!(!answer.headers.contains_key("webhook-allowed-origin"));
        assert!(!answer.headers.contains_key("webhook-allowed-rate"));
    }
    let nobody = Bench::with_rules(ONE_RULE);
    let answer = options(&nobody, &[("webhook-request-origin", "eventgrid.azure.net")]);
    assert_eq!((answer.status, answer.headers["allow"].to_str().unwrap()), (405, "POST"));
    assert!(!answer.headers.contains_key("webhook-allowed-origin"));
    let anybody = Bench::with(&[("rules", ONE_RULE), ("webhook_origins", "*")]);
    let answer = options(&anybody, &[("webhook-request-origin", "a.example")]);
    assert_eq!(answer.headers["webhook-allowed-origin"], "a.example");
    assert_eq!(answer.headers["webhook-allowed-rate"], "*");
}
