//! The official packages azure-eventgrid, cloudevents and standardwebhooks (PyPI) read what the functions emit, and what
//! they send is received.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "what goes wrong in a test has to stop it"
)]

mod event_sdks;

use bytes::Bytes;
use event_sdks::{Act, Captured, Captures, Function, SOURCE, Sdks, base64, bytes, emits, key};
use headgate_core::{Clock, Timestamp};
use headgate_events::delivery::shared_access_signature;
use headgate_events::{EventTime, SasKey};
use headgate_native::SystemClock;
use http::Request;
use serde_json::{Value, json};

#[test]
fn the_packages_read_what_circuit_breaker_emits() {
    let backends = r#"backends = { orders = { url = "http://127.0.0.1:9" } }"#;
    let subject = "/backends/orders/circuit-breaker/rules/manual";
    let rules = json!({ "manual": { "tripDuration": "00:05:00" } });
    let data = json!({ "backendName": "orders", "circuitBreaker": { "rules": rules } });
    let acts = [
        Act {
            asked: ("POST", "/backends/orders:trip", r#"{"duration":"PT5M"}"#.to_owned()),
            event_type: "Microsoft.ApiManagement.CircuitBreaker.Opened",
            subject,
            data: data.clone(),
        },
        Act {
            asked: ("POST", "/backends/orders:reset", String::new()),
            event_type: "Microsoft.ApiManagement.CircuitBreaker.Closed",
            subject,
            data,
        },
    ];
    emits("circuit-breaker", &[("BACKENDS", backends)], &acts);
}

#[test]
fn the_packages_read_what_gateway_tokens_emits() {
    let subject = "/gateways/gw/größer";
    let gateway = json!({ "gatewayId": "gw", "instanceId": "größer" });
    let registration = |expires_at: &str| {
        json!({ "gatewayId": "gw", "instanceId": "größer", "expiresAt": expires_at }).to_string()
    };
    let acts = [Act {
        asked: ("PUT", "/tokens/spring", registration("2025-02-25T08:56:00Z")),
        event_type: "Microsoft.ApiManagement.GatewayTokenExpired",
        subject,
        data: json!({
            "gatewayInfo": gateway,
            "tokenInfo": { "expiredAtUtc": "2025-02-25T08:56:00.0000000Z" },
        }),
    }];
    emits("gateway-tokens", &[("EXPIRED_AT_EXPIRY", "true")], &acts);

    let soon = Timestamp::from_secs(SystemClock.now().as_secs() + 180 * 24 * 60 * 60);
    let soon = EventTime::from(soon);
    let acts = [Act {
        asked: ("PUT", "/tokens/spring", registration(soon.as_str())),
        event_type: "Microsoft.ApiManagement.GatewayTokenNearExpiry",
        subject,
        data: json!({ "gatewayInfo": gateway, "tokenInfo": { "expiresAtUtc": soon.as_str() } }),
    }];
    emits("gateway-tokens", &[("NEAR_EXPIRY_DAYS", "365")], &acts);
}

#[test]
fn a_shared_access_signature_is_the_sdks_for_the_same_key_resource_and_expiry() {
    let (key, expiry) = (key(), Timestamp::from_secs(1_743_558_468));
    let endpoint = "https://t.westeurope-1.eventgrid.azure.net/api/events";
    let job = json!({
        "do": "generate-sas", "endpoint": endpoint, "key": key, "expiry": "2025-04-02T01:47:48Z",
    });
    // The SDK signs the address with its query.
    let resource = format!("{endpoint}?apiVersion=2018-01-01");
    let own = shared_access_signature(&resource, expiry, &SasKey::parse(&key).unwrap());
    assert_eq!(Sdks::one(job), own);
}

/// event-subscription under `/api`, where Event Grid's clients find it, with one rule that sends everything to `captures`.
fn subscribed(captures: &Captures, checks: &str) -> Function {
    let rules = format!(r#"all.then.webhook.url = "{}/handled""#, captures.origin());
    Function::start(
        "event-subscription",
        &[("RULES", &rules), ("CHECKS", checks), ("PREFIX", "/api")],
    )
}

/// Three events as the packages take them: JSON, bytes and text.
fn events() -> [Value; 3] {
    let event = |id: &str, content_type: &str| {
        json!({
            "id": id, "source": "/orders/eu", "type": "com.example.order", "specversion": "1.0",
            "subject": "größer \"7\" 100%", "time": "2025-04-02T00:47:48.853653Z",
            "datacontenttype": content_type, "dataschema": "https://schemas.example/order#v1",
            "extensions": { "traceid": "a b", "partition": "3" },
        })
    };
    let mut events =
        [event("1", "application/json"), event("2", "application/pdf"), event("3", "text/plain")];
    events[0]["data"] = json!({ "open": true, "lines": [1, 2.5, null], "name": "größer" });
    events[1]["bytes"] = json!(base64(&[0, 159, 146, 150]));
    events[2]["data"] = json!("größer");
    events
}

/// The event as the handler gets it: structured.
fn handled(event: &Value) -> Value {
    let mut handled = event.clone();
    let members = handled.as_object_mut().unwrap();
    let extensions = members.remove("extensions").unwrap();
    members.extend(extensions.as_object().unwrap().clone());
    if let Some(bytes) = members.remove("bytes") {
        members.insert("data_base64".to_owned(), bytes);
    }
    handled
}

/// What the rule's handler got, by the events' ids.
fn all_handled(captures: &Captures, count: usize) -> Vec<Value> {
    let mut handled: Vec<_> =
        captures.once_there_are(count, "/handled").iter().map(Captured::json).collect();
    handled.sort_by_key(|event| event["id"].as_str().unwrap().to_owned());
    handled
}

fn posted(function: &Function, message: &Value) -> http::StatusCode {
    let mut request = Request::post("/api/events");
    for (name, value) in message["headers"].as_object().unwrap() {
        request = request.header(name, value.as_str().unwrap());
    }
    function.send(request.body(Bytes::from(bytes(&message["body"]))).unwrap()).status()
}

#[test]
fn what_cloudevents_writes_fires_a_rule_with_equal_attributes() {
    for mode in ["structured", "binary"] {
        let captures = Captures::start();
        let function = subscribed(&captures, "none");
        let job = |event: &Value| json!({ "do": "write", "mode": mode, "event": event });
        for message in Sdks::answer(&events().each_ref().map(job)) {
            assert_eq!(posted(&function, &message), 200, "{message}");
        }
        let handled_by_rule = all_handled(&captures, 3);
        assert_eq!(handled_by_rule, events().each_ref().map(handled), "{mode}");
    }
}

/// A job for the Azure client, which sends to the function as if that were its topic.
fn publish(function: &Function, schema: &str, events: &[Value], credential: (&str, &str)) -> Value {
    let (kind, secret) = credential;
    json!({
        "do": "publish", "endpoint": format!("{}/api/events", function.origin()), "schema": schema,
        "events": events, kind: secret,
    })
}

#[test]
fn what_the_azure_client_publishes_fires_a_rule_with_equal_attributes() {
    let captures = Captures::start();
    let [key, other] = [key(), key()];
    let checks = format!("[shared-secret]\nheader = \"aeg-sas-key\"\nvalue = \"{key}\"");
    let function = subscribed(&captures, &checks);
    let answers = Sdks::answer(&[
        publish(&function, "cloud-events", &events(), ("key", &other)),
        publish(&function, "cloud-events", &events(), ("key", &key)),
    ]);
    assert_eq!(answers, [json!({ "refused": 401 }), json!({ "sent": 3 })]);
    assert_eq!(all_handled(&captures, 3), events().each_ref().map(handled));

    let captures = Captures::start();
    let expiry = "2099-01-01T00:00:00Z";
    let endpoint = "https://t.westeurope-1.eventgrid.azure.net/api/events";
    let token = Sdks::one(
        json!({ "do": "generate-sas", "endpoint": endpoint, "key": key, "expiry": expiry }),
    );
    let token = token.as_str().unwrap();
    let checks = format!("[shared-secret]\nheader = \"aeg-sas-token\"\nvalue = \"{token}\"");
    let function = subscribed(&captures, &checks);
    let event = |id: &str, version: &str| {
        json!({
            "id": id, "topic": SOURCE, "subject": "/gateways/gw/größer",
            "event_type": "Microsoft.ApiManagement.GatewayTokenExpired", "data_version": version,
            "data": { "gatewayInfo": { "gatewayId": "gw" } }, "event_time": "2025-04-02T00:47:48.853653Z",
        })
    };
    let mut no_topic = event("4", "1");
    no_topic.as_object_mut().unwrap().remove("topic");
    let answers = Sdks::answer(&[
        publish(&function, "event-grid", &[event("1", "1"), event("2", "2.0")], ("sas", token)),
        publish(&function, "event-grid", &[event("3", "1")], ("key", &key)),
        // Event Grid itself puts the topic in: without it, where an event comes from is unknown.
        publish(&function, "event-grid", &[no_topic], ("sas", token)),
    ]);
    assert_eq!(
        answers,
        [json!({ "sent": 2 }), json!({ "refused": 401 }), json!({ "refused": 400 })]
    );
    let expected = |id: &str| {
        json!({
            "id": id, "source": SOURCE, "type": "Microsoft.ApiManagement.GatewayTokenExpired",
            "specversion": "1.0", "subject": "/gateways/gw/größer",
            "time": "2025-04-02T00:47:48.853653Z", "data": { "gatewayInfo": { "gatewayId": "gw" } },
        })
    };
    let mut second = expected("2");
    second["dataversion"] = json!("2.0");
    assert_eq!(all_handled(&captures, 2), [expected("1"), second]);
}

/// What the Azure client asks of a custom topic and of a namespace, which is what a sink asks of them (see
/// `assert_credentials`).
#[test]
fn the_azure_client_asks_event_grid_as_a_sink_does() {
    let captures = Captures::start();
    let key = key();
    let [event, ..] = events();
    let publish = |topic: &str| {
        let mut job = json!({
            "do": "publish", "schema": "cloud-events", "events": [event], "key": key,
            "endpoint": format!("{}{topic}", captures.origin()),
        });
        if topic.is_empty() {
            job["namespace-topic"] = json!("gateway");
        }
        job
    };
    let sent = json!({ "sent": 1 });
    assert_eq!(Sdks::answer(&[publish("/api/events"), publish("")]), [sent.clone(), sent]);
    let topic = &captures.once_there_are(1, "/api/events")[0];
    assert_eq!(topic.uri.query(), Some("api-version=2018-01-01"));
    assert_eq!(topic.header("aeg-sas-key"), key);
    let namespace = &captures.once_there_are(1, "/topics/gateway:publish")[0];
    assert!(namespace.uri.query().unwrap().starts_with("api-version="), "{namespace:?}");
    assert_eq!(namespace.header("authorization"), format!("SharedAccessKey {key}"));
    assert_eq!(topic.json(), json!([handled(&event)]));
}

#[test]
fn what_standardwebhooks_signs_is_believed_and_nothing_else() {
    let captures = Captures::start();
    let secret = format!("whsec_{}", key());
    let checks = format!("[signature]\nsecret = \"{secret}\"");
    let function = subscribed(&captures, &checks);
    let [event, ..] = events();
    let body = base64(handled(&event).to_string().as_bytes());
    let now = SystemClock.now().as_secs();
    let sign = |secret: &str, timestamp: u64| {
        let job = json!({
            "do": "sign", "secret": secret, "id": "msg_1", "timestamp": timestamp, "body": body,
        });
        (timestamp, job)
    };
    let other = format!("whsec_{}", key());
    let signed = [sign(&secret, now), sign(&other, now), sign(&secret, now - 600)];
    let signatures = Sdks::answer(&signed.each_ref().map(|(_, job)| job.clone()));
    let answered: Vec<_> = signed
        .iter()
        .zip(&signatures)
        .map(|((timestamp, _), signature)| {
            let headers = json!({
                "content-type": "application/cloudevents+json", "webhook-id": "msg_1",
                "webhook-timestamp": timestamp.to_string(), "webhook-signature": signature,
            });
            posted(&function, &json!({ "headers": headers, "body": body })).as_u16()
        })
        .collect();
    assert_eq!(answered, [200, 401, 401]);
    assert_eq!(all_handled(&captures, 1), [handled(&event)]);
}
