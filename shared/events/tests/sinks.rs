//! The document of the sinks: what it may say, how its mistakes are told, and what is sent to each kind.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "this is a test"
)]

use std::time::Duration;

use futures_util::FutureExt;
use headgate_core::{Body, Timestamp};
use headgate_events::delivery::{RequestError, request};
use headgate_events::document::DocumentError;
use headgate_events::{Data, Event, Json, Sink, Sinks, read};
use headgate_fakes::FixedVariables;
use http::{HeaderMap, Request, Uri};

const NOW: Timestamp = Timestamp::from_secs(1_743_554_868);

fn load_with(document: &str, variables: &FixedVariables) -> Result<Sinks, DocumentError> {
    Sinks::load(document, variables).now_or_never().unwrap()
}

fn load(document: &str) -> Result<Sinks, DocumentError> {
    load_with(document, &FixedVariables::default())
}

fn only(document: &str) -> Sink {
    load(document).unwrap().iter().next().unwrap().clone()
}

fn refusal(document: &str) -> String {
    load(document).expect_err(document).to_string()
}

fn event() -> Event {
    Event::new("1", "/gateway", "t")
        .unwrap()
        .with_data(Data::Json(Json::parse(b"{\"a\":1}").unwrap()), None)
        .unwrap()
}

fn sent(sink: &Sink, events: &[Event]) -> (Uri, HeaderMap, Vec<u8>) {
    let request: Request<Body> = request(sink, events, NOW).unwrap();
    assert_eq!(request.method(), "POST");
    let (parts, body) = request.into_parts();
    let body = body.read(1_000_000).now_or_never().unwrap().unwrap();
    (parts.uri, parts.headers, body.to_vec())
}

/// The document that the documentation of `Sinks` shows, from there.
fn documented() -> String {
    let source = include_str!("../src/sinks/mod.rs");
    let from = source.split("```toml\n").nth(1).unwrap();
    let example = from.split("/// ```").next().unwrap();
    let line = |line: &str| line.trim_start_matches("///").trim_start().to_owned();
    example.lines().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_documented_example_is_honoured() {
    let variables = FixedVariables::new([
        ("audit_signing_key", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
        ("operators_key", "b3BlcmF0b3Jz"),
        ("archive_key", "YXJjaGl2ZQ=="),
    ]);
    let sinks = load_with(&documented(), &variables).unwrap();
    let names: Vec<_> = sinks.iter().map(|sink| sink.name.as_str()).collect();
    assert_eq!(names, ["audit", "operators", "archive", "bus", "log"]);
    let operators = sinks.get("operators").unwrap();
    assert_eq!(operators.retry.max_attempts, 30);
    assert_eq!(operators.retry.time_to_live, Duration::from_secs(86_400));
    assert_eq!(operators.timeout.first_byte, Duration::from_secs(30));
    let shown = format!("{sinks:?}");
    for secret in ["MfKQ9r8G", "b3BlcmF0b3Jz", "YXJjaGl2ZQ"] {
        assert!(!shown.contains(secret), "{shown}");
    }
    assert_eq!(load("").unwrap().iter().count(), 0);
}

#[test]
fn a_mistake_is_told_with_line_column_and_key() {
    let webhook = "[audit]\nkind = \"webhook\"\nurl = \"https://a.example/\"\n";
    for (document, says) in [
        ("[audit]\nkind = \"webhook\"\n", "line 1, column 2: audit.url is missing"),
        ("[audit]\nurl = \"https://a/\"\n", "line 1, column 2: audit.kind is missing"),
        (
            "[audit]\nkind = \"webhok\"\n",
            "line 2, column 1: audit.kind must be event-grid-topic, event-grid-namespace, webhook, event-bridge or \
             stdout; did you mean webhook?",
        ),
        (
            &format!("{webhook}max-atempts = 3"),
            "line 4, column 1: audit.max-atempts is unknown; did you mean max-attempts?",
        ),
        (&format!("{webhook}topic = \"x\""), "line 4, column 1: audit.topic is unknown"),
        (
            &format!("{webhook}  max-attempts = 31"),
            "line 4, column 3: audit.max-attempts must be a whole number from 1 to 30",
        ),
        (
            &format!("{webhook}ttl-minutes = \"10\""),
            "line 4, column 1: audit.ttl-minutes must be a whole number from 1 to 1440",
        ),
        (
            &format!("{webhook}filter = {{ types = [\"a\", \"b*c\"] }}"),
            "line 4, column 12: audit.filter.types must be types, each with * at its end or without",
        ),
        (
            &format!("{webhook}filter.type = [\"a\"]"),
            "line 4, column 8: audit.filter.type is unknown; did you mean types?",
        ),
        (
            &format!("{webhook}filter.data = {{ backendName = \"a\" }}"),
            "line 4, column 8: audit.filter.data must be a table of JSON Pointers, each with a string, a whole number or \
             a boolean",
        ),
        (
            &format!("{webhook}secret = \"short\""),
            "line 4, column 1: audit.secret must be whsec_ and base64 of 24 to 64 bytes",
        ),
        (
            &format!(
                "{webhook}mode = \"binary\"\nsecret = \"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\""
            ),
            "line 5, column 1: audit.secret signs the body alone: with a secret, mode must be structured or batch",
        ),
        (
            &format!("{webhook}secret = \"${{secret:absent}}\""),
            "line 4, column 1: audit.secret cannot be put in: secret absent is not set: set the variable absent of the \
             function",
        ),
        (
            "[a]\nkind = \"webhook\"\nurl = \"http://a.example/\"",
            "line 3, column 1: a.url must use https; http is for loopback addresses alone",
        ),
        (
            "[t]\nkind = \"event-grid-topic\"\nurl = \"https://t.example/\"",
            "line 1, column 2: t needs one of key, sas-key, sas-token and credential",
        ),
        (
            "[t]\nkind = \"event-grid-topic\"\nurl = \"https://t.example/\"\nkey = \"a\"\nsas-token = \"b\"",
            "line 4, column 1: t.key and sas-token exclude each other",
        ),
        (
            "[t]\nkind = \"event-grid-namespace\"\nurl = \"https://t.example/topics/x\"\ntopic = \"x\"\nkey = \"a\"",
            "line 3, column 1: t.url must be the namespace's address without a path; the topic is a key of its own",
        ),
        (
            "[log]\nkind = \"stdout\"\nmax-attempts = 3\ntimeout-seconds = 5",
            "line 4, column 1: log.timeout-seconds is for a sink that is called; the standard output is only written to",
        ),
        ("audit = 5", "line 1, column 1: audit must be a table: a sink stands under [its name]"),
        (
            "[\"a b\"]\nkind = \"stdout\"",
            "line 1, column 2: a b must be a name of 1 to 64 letters, digits, - and _",
        ),
    ] {
        assert_eq!(refusal(document), says, "{document}");
    }
    assert!(refusal("[a").starts_with("line 1, column"), "{}", refusal("[a"));
    assert!(refusal("[a").contains("the document is not TOML"), "{}", refusal("[a"));
    assert!(refusal(&"#".repeat(300_000)).contains("longer than 262144 bytes"));
    let many: String = (0..33).map(|number| format!("[s{number}]\nkind = \"stdout\"\n")).collect();
    assert_eq!(refusal(&many), "line 1, column 1: the document has more than 32 entries");
}

#[test]
fn no_refusal_shows_a_value() {
    let variables = FixedVariables::new([("key", "hunter2 \u{7}")]);
    let topic = "[t]\nkind = \"event-grid-topic\"\nurl = \"https://t.example/\"\n";
    for document in [
        &format!("{topic}key = \"${{secret:key}}\""),
        &format!("{topic}sas-key = \"${{secret:key}}\""),
        &topic.replace("https://t.example/", "${secret:key}"),
        &topic.replace("event-grid-topic", "${secret:key}"),
    ] {
        let error = load_with(document, &variables).expect_err(document);
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
    }
}

#[test]
fn a_custom_topic_gets_an_array_without_topic_and_a_key_or_a_signature() {
    let topic = "[t]\nkind = \"event-grid-topic\"\nurl = \"https://t.westeurope-1.eventgrid.azure.net/api/events\"\n";
    let sink = only(&format!("{topic}key = \"AAECAw==\""));
    let (uri, headers, body) = sent(&sink, &[event(), event()]);
    assert_eq!(uri, "https://t.westeurope-1.eventgrid.azure.net/api/events?api-version=2018-01-01");
    assert_eq!(headers["aeg-sas-key"], "AAECAw==");
    assert!(headers["aeg-sas-key"].is_sensitive());
    assert_eq!(headers["content-type"], "application/json; charset=utf-8");
    let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(body.as_array().unwrap().len(), 2);
    assert_eq!(body[0].get("topic"), None);
    assert_eq!(body[0]["eventTime"], "2025-04-02T00:47:48.0000000Z");

    let sink = only(&format!("{topic}sas-key = \"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\""));
    let (_, headers, _) = sent(&sink, &[event()]);
    // An hour later than now; computed with Python, see `shared_access_signature`.
    assert_eq!(
        headers["aeg-sas-token"],
        "r=https%3A%2F%2Ft.westeurope-1.eventgrid.azure.net%2Fapi%2Fevents&e=2025-04-02T01%3A47%3A48Z\
         &s=F5h%2FE1hTvZOzJpO27eY5qjB4Q%2BRBn8ypASzx7m62JUA%3D"
    );
    assert!(headers.get("aeg-sas-key").is_none());

    let sink = only(&format!("{topic}sas-token = \"r=a&e=b&s=c\"\nschema = \"cloud-events\""));
    let (_, headers, body) = sent(&sink, &[event()]);
    assert_eq!(headers["aeg-sas-token"], "r=a&e=b&s=c");
    assert_eq!(headers["content-type"], "application/cloudevents+json; charset=utf-8");
    assert_eq!(read(&headers, &body).unwrap().events, [event()]);
}

#[test]
fn a_namespace_topic_gets_cloud_events_with_authorization() {
    let namespace = "[n]\nkind = \"event-grid-namespace\"\nurl = \"https://n.westeurope-1.eventgrid.azure.net\"\ntopic = \"gateway\"\n";
    let sink = only(&format!("{namespace}key = \"AAEC\""));
    let (uri, headers, body) = sent(&sink, &[event()]);
    assert_eq!(
        uri,
        "https://n.westeurope-1.eventgrid.azure.net/topics/gateway:publish?api-version=2023-11-01"
    );
    assert_eq!(headers["authorization"], "SharedAccessKey AAEC");
    assert_eq!(read(&headers, &body).unwrap().events, [event()]);
    let (_, headers, _) = sent(&sink, &[event(), event()]);
    assert_eq!(headers["content-type"], "application/cloudevents-batch+json; charset=utf-8");

    let sink = only(&format!("{namespace}sas-key = \"AAEC\"\napi-version = \"2024-06-01\""));
    let (uri, headers, _) = sent(&sink, &[event()]);
    assert!(uri.query().unwrap().ends_with("2024-06-01"));
    let authorization = headers["authorization"].to_str().unwrap();
    assert!(authorization.starts_with(
        "SharedAccessSignature r=https%3A%2F%2Fn.westeurope-1.eventgrid.azure.net%2Ftopics%2Fgateway%3Apublish&e="
    ));
}

#[test]
fn a_webhook_gets_its_mode_and_a_signature_that_is_the_same_message_at_each_attempt() {
    let webhook = "[w]\nkind = \"webhook\"\nurl = \"https://w.example/events?code=1\"\n";
    for (mode, content_type) in [
        ("structured", "application/cloudevents+json; charset=utf-8"),
        ("binary", "application/json"),
        ("batch", "application/cloudevents-batch+json; charset=utf-8"),
    ] {
        let (uri, headers, body) = sent(&only(&format!("{webhook}mode = \"{mode}\"")), &[event()]);
        assert_eq!(uri, "https://w.example/events?code=1");
        assert_eq!(headers["content-type"], content_type);
        assert_eq!(read(&headers, &body).unwrap().events[0].id(), "1");
        assert!(headers.get("webhook-signature").is_none());
    }
    let sink = only(&format!("{webhook}secret = \"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\""));
    let (_, headers, _) = sent(&sink, &[event()]);
    assert_eq!(headers["webhook-id"], "1");
    assert_eq!(headers["webhook-timestamp"], "1743554868");
    assert!(headers["webhook-signature"].to_str().unwrap().starts_with("v1,"));
    let odd = Event::new("a.b", "/s", "t").unwrap();
    let (_, headers, _) = sent(&sink, std::slice::from_ref(&odd));
    assert_eq!(headers["webhook-id"].len(), 64);
    assert_eq!(headers["webhook-id"], sent(&sink, &[odd]).1["webhook-id"]);
}

#[test]
fn what_cannot_be_sent_is_told() {
    let webhook = only("[w]\nkind = \"webhook\"\nurl = \"https://w.example/\"");
    assert_eq!(request(&webhook, &[], NOW).unwrap_err(), RequestError::NoEvent);
    assert_eq!(request(&webhook, &[event(), event()], NOW).unwrap_err(), RequestError::OneAtATime);
    assert_eq!(
        request(&only("[s]\nkind = \"stdout\""), &[event()], NOW).unwrap_err(),
        RequestError::NotHttp
    );
    let topic = only("[t]\nkind = \"event-grid-topic\"\nurl = \"https://t.example/\"\nkey = \"a\"");
    let bytes =
        Event::new("1", "/s", "t").unwrap().with_data(Data::Bytes("a".into()), None).unwrap();
    assert!(matches!(request(&topic, &[bytes], NOW), Err(RequestError::NotExpressible(_))));
}

#[test]
fn a_document_that_is_nested_without_end_is_refused() {
    for document in [format!("a = {}", "[".repeat(200_000)), "a = {b = ".repeat(25_000)] {
        assert!(refusal(&document).contains("is not TOML"), "{}", refusal(&document));
    }
    let dotted = format!("{}a = 1", "a.".repeat(100_000));
    assert!(load(&dotted).is_err());
}
