//! Examples that others have published, read and written: the CloudEvents specification's, and API Management's.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "this is a test"
)]

use std::time::Duration;

use headgate_core::Timestamp;
use headgate_events::apim::{self, BreakerRule, Envelope, GatewayToken};
use headgate_events::write::{Topic, batch, binary, event_grid, structured};
use headgate_events::{Data, Event, ExtensionValue, Form, Received, read};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};

const STRUCTURED: &str = "application/cloudevents+json; charset=UTF-8";

fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
    let pair = |(name, value): &(&'static str, &'static str)| {
        (HeaderName::from_static(name), HeaderValue::from_static(value))
    };
    pairs.iter().map(pair).collect()
}

fn received(content_type: &'static str, body: &str) -> Received {
    read(&headers(&[("content-type", content_type)]), body.as_bytes()).unwrap()
}

fn one(received: Received) -> Event {
    let [event] = <[Event; 1]>::try_from(received.events).unwrap();
    event
}

fn text(data: &Data) -> &str {
    match data {
        Data::Json(json) => json.as_str(),
        Data::Text(text) => text,
        Data::None | Data::Bytes(_) => panic!("{data:?} is no text"),
    }
}

/// The four examples of the JSON format, §3.2, and what it says of each in binary mode.
#[test]
fn the_json_formats_examples_are_read_and_become_the_binary_messages_that_it_shows() {
    let common = r#""specversion":"1.0","type":"com.example.someevent","source":"/mycontext",
        "time":"2018-04-05T17:31:00Z","comexampleextension1":"value","comexampleothervalue":5,"#;
    let cases: [(&str, &str, Option<&str>, &[u8]); 4] = [
        (
            "A234-1234-1234",
            r#""datacontenttype":"application/vnd.apache.thrift.binary","data_base64":"AAEC/w==""#,
            Some("application/vnd.apache.thrift.binary"),
            &[0, 1, 2, 255],
        ),
        (
            "B234-1234-1234",
            r#""unsetextension":null,"datacontenttype":"application/xml","data":"<much wow=\"xml\"/>""#,
            Some("application/xml"),
            br#"<much wow="xml"/>"#,
        ),
        (
            "C234-1234-1234",
            r#""subject":null,"datacontenttype":"application/json",
               "data":{"appinfoA":"abc","appinfoB":123,"appinfoC":true}"#,
            Some("application/json"),
            br#"{"appinfoA":"abc","appinfoB":123,"appinfoC":true}"#,
        ),
        (
            "D234-1234-1234",
            r#""subject":null,"data":"I'm just a string""#,
            Some("application/json"),
            br#""I'm just a string""#,
        ),
    ];
    for (id, rest, content_type, body) in cases {
        let example = format!("{{{common}\"id\":\"{id}\",{rest}}}");
        let received = received(STRUCTURED, &example);
        assert_eq!(received.form, Form::Structured);
        let event = one(received);
        assert_eq!(event.extension("comexampleothervalue"), Some(&ExtensionValue::Integer(5)));
        assert_eq!((event.subject(), event.extension("unsetextension")), (None, None));

        let message = binary(&event);
        for (name, value) in [
            ("ce-specversion", "1.0"),
            ("ce-type", "com.example.someevent"),
            ("ce-source", "/mycontext"),
            ("ce-id", id),
            ("ce-time", "2018-04-05T17:31:00Z"),
            ("ce-comexampleextension1", "value"),
            ("ce-comexampleothervalue", "5"),
        ] {
            assert_eq!(message.headers[name], value);
        }
        let written = message.headers.get(CONTENT_TYPE).map(|value| value.to_str().unwrap());
        assert_eq!(written, content_type);
        assert_eq!(message.headers.len(), 8);
        assert_eq!(message.body, body);
        assert_eq!(one(read(&message.headers, &message.body).unwrap()).id(), id);
    }
}

/// The JSON batch format, §4.3.
#[test]
fn the_batch_formats_examples_are_read_the_empty_one_too() {
    let example = r#"[
      {"specversion":"1.0","type":"com.example.someevent","source":"/mycontext/4","id":"B234-1234-1234",
       "time":"2018-04-05T17:31:00Z","comexampleextension1":"value","comexampleothervalue":5,
       "datacontenttype":"application/vnd.apache.thrift.binary","data_base64":"AAEC"},
      {"specversion":"1.0","type":"com.example.someotherevent","source":"/mycontext/9","id":"C234-1234-1234",
       "time":"2018-04-05T17:31:05Z","comexampleextension1":"value","comexampleothervalue":5,
       "datacontenttype":"application/json","data":{"appinfoA":"abc","appinfoB":123,"appinfoC":true}}
    ]"#;
    let content_type = "Application/CloudEvents-Batch+JSON; charset=utf-8";
    let received_batch = received(content_type, example);
    assert_eq!((received_batch.form, received_batch.events.len()), (Form::Batch, 2));
    let written = batch(&received_batch.events);
    assert_eq!(read(&written.headers, &written.body).unwrap(), received_batch);
    assert_eq!(received(content_type, "[]").events, []);
}

/// The HTTP binding, §3.1.4 and §3.1.3.2.
#[test]
fn the_http_bindings_example_is_read() {
    let headers = headers(&[
        ("ce-specversion", "1.0"),
        ("ce-type", "com.example.someevent"),
        ("ce-time", "2018-04-05T03:56:24Z"),
        ("ce-id", "1234-1234-1234"),
        ("ce-source", "/mycontext/subcontext"),
        ("ce-subject", "Euro%20%E2%82%AC%20%F0%9F%98%80"),
        ("content-type", "application/json; charset=utf-8"),
    ]);
    let received = read(&headers, br#"{"a":1}"#).unwrap();
    assert_eq!(received.form, Form::Binary);
    let event = one(received);
    assert_eq!(event.subject(), Some("Euro € 😀"));
    assert_eq!(event.data_content_type(), Some("application/json; charset=utf-8"));
    assert_eq!(text(event.data()), r#"{"a":1}"#);
}

const TOPIC: &str =
    "/subscriptions/{s}/resourceGroups/{rg}/providers/Microsoft.ApiManagement/service/{apim}";
const ID: &str = "92c502f2-a966-42a7-a428-d3b319844544";

fn envelope(seconds: u64, nanoseconds: u32) -> Envelope<'static> {
    let time = Timestamp::since_epoch(Duration::new(seconds, nanoseconds));
    Envelope { id: ID.to_owned(), source: TOPIC, time }
}

fn rule() -> BreakerRule<'static> {
    let trip_duration = Duration::from_secs(1);
    BreakerRule { backend: "{backend-name}", rule: "{rule-name}", trip_duration }
}

fn token() -> GatewayToken<'static> {
    // 2025-02-25T08:56:00Z
    let expiry = Timestamp::from_secs(1_740_473_760);
    GatewayToken { gateway: "{gateway-name}", instance: "{instance-name}", expiry }
}

fn as_json(body: &[u8]) -> Value {
    serde_json::from_slice(body).unwrap()
}

/// Contracts §1.4: the four payloads as documented, made from their facts.
#[test]
fn api_managements_events_are_made_as_documented() {
    let breaker = json!({"backendName":"{backend-name}","circuitBreaker":{"rules":{"{rule-name}":{"tripDuration":"00:00:01"}}}});
    let gateway = json!({"gatewayId":"{gateway-name}","instanceId":"{instance-name}"});
    let now = Timestamp::from_secs(0);

    let opened =
        apim::circuit_breaker_opened(envelope(1_743_554_867, 853_653_200), &rule()).unwrap();
    assert_eq!(
        as_json(&structured(&opened).body),
        json!({"source":TOPIC,"subject":"/backends/{backend-name}/circuit-breaker/rules/{rule-name}",
            "type":"Microsoft.ApiManagement.CircuitBreaker.Opened","time":"2025-04-02T00:47:47.8536532Z",
            "id":ID,"data":breaker,"specversion":"1.0"})
    );

    let closed =
        apim::circuit_breaker_closed(envelope(1_743_554_868, 826_976_900), &rule()).unwrap();
    assert_eq!(
        as_json(&event_grid(&[closed], Topic::Source, now).unwrap().body),
        json!([{"id":ID,"topic":TOPIC,"subject":"/backends/{backend-name}/circuit-breaker/rules/{rule-name}",
            "data":breaker,"eventType":"Microsoft.ApiManagement.CircuitBreaker.Closed","dataVersion":"1",
            "metadataVersion":"1","eventTime":"2025-04-02T00:47:48.8269769Z"}])
    );

    // 2021-07-02T00:47:48.8269769Z
    let near =
        apim::gateway_token_near_expiry(envelope(1_625_186_868, 826_976_900), &token()).unwrap();
    assert_eq!(
        as_json(&event_grid(&[near], Topic::Source, now).unwrap().body),
        json!([{"id":ID,"topic":TOPIC,"subject":"/gateways/{gateway-name}/{instance-name}",
            "data":{"gatewayInfo":gateway,"tokenInfo":{"expiresAtUtc":"2025-02-25T08:56:00.0000000Z"}},
            "eventType":"Microsoft.ApiManagement.GatewayTokenNearExpiry","dataVersion":"1","metadataVersion":"1",
            "eventTime":"2021-07-02T00:47:48.8269769Z"}])
    );

    let expired =
        apim::gateway_token_expired(envelope(1_743_554_867, 853_653_200), &token()).unwrap();
    assert_eq!(
        as_json(&structured(&expired).body),
        json!({"source":TOPIC,"subject":"/gateways/{gateway-name}/{instance-name}",
            "type":"Microsoft.ApiManagement.GatewayTokenExpired","time":"2025-04-02T00:47:47.8536532Z","id":ID,
            "data":{"gatewayInfo":gateway,"tokenInfo":{"expiredAtUtc":"2025-02-25T08:56:00.0000000Z"}},
            "specversion":"1.0"})
    );
}

#[test]
fn the_two_schemas_of_one_event_are_read_as_one_event() {
    let opened =
        apim::circuit_breaker_opened(envelope(1_743_554_867, 853_653_200), &rule()).unwrap();
    let message =
        event_grid(std::slice::from_ref(&opened), Topic::Source, Timestamp::from_secs(0)).unwrap();
    let received = read(&message.headers, &message.body).unwrap();
    assert_eq!(received.form, Form::EventGrid);
    assert_eq!(one(received), opened);
}

/// Contracts §1.2, §3.5: the shapes in which documentation and deliveries show the schema.
#[test]
fn the_event_grid_schema_is_read_as_an_array_and_as_one_object() {
    let object = format!(
        r#"{{"id":"{ID}","topic":"/t","subject":"","data":null,"eventType":"Microsoft.ApiManagement.UserCreated",
            "dataVersion":"2","metadataVersion":"1","eventTime":"2025-04-02T00:47:48.8269769Z"}}"#
    );
    let alone = one(received("application/json", &object));
    assert_eq!(
        received("application/json; charset=utf-8", &format!("[{object}]")).events,
        std::slice::from_ref(&alone)
    );
    assert_eq!((alone.subject(), alone.data()), (None, &Data::None));
    assert_eq!(alone.extension("dataversion"), Some(&ExtensionValue::from("2")));
    let written = event_grid(&[alone], Topic::Omitted, Timestamp::from_secs(0)).unwrap();
    let written = as_json(&written.body);
    assert_eq!((&written[0]["dataVersion"], written[0].get("topic")), (&json!("2"), None));
    assert_eq!(written[0]["subject"], "");
}

/// Contracts §1.1, §1.2: what the documentation misspells is accepted, and written as it is documented.
#[test]
fn known_misspellings_are_accepted_and_not_written() {
    for version in [r#""specVersion":"1.0""#, r#""specversion":1.0"#, r#""specVersion":1"#] {
        let example = format!(
            r#"{{{version},"id":"1","source":"/s","Time":"2025-04-02T00:47:48Z",
                "Type":"Microsoft.ApiManagement.Gateway.CircuitBreakerOpened"}}"#
        );
        let event = one(received(STRUCTURED, &example));
        assert_eq!(event.event_type(), apim::CIRCUIT_BREAKER_OPENED);
        assert_eq!(
            as_json(&structured(&event).body),
            json!({"specversion":"1.0","id":"1","source":"/s","type":apim::CIRCUIT_BREAKER_OPENED,
                "time":"2025-04-02T00:47:48Z"})
        );
    }
    let typo = r#"[{"id":"1","topic":"/t","subject":"/s","eventTime":"2025-04-02T00:47:48Z",
        "eventType":"Microsoft.ApiManagement.ApiManagement.CircuitBreaker.Closed"}]"#;
    assert_eq!(one(received("application/json", typo)).event_type(), apim::CIRCUIT_BREAKER_CLOSED);
}

#[test]
fn a_byte_order_mark_before_json_is_passed_over_and_one_in_data_is_data() {
    let example = "\u{feff}{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"/s\",\"type\":\"t\"}";
    assert_eq!(one(received(STRUCTURED, example)).id(), "1");
    let event = Event::new("1", "/s", "t").unwrap();
    let event = event.with_data(Data::Text("\u{feff}a".into()), Some("text/plain")).unwrap();
    let message = binary(&event);
    assert_eq!(one(read(&message.headers, &message.body).unwrap()), event);
}
