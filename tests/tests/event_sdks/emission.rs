use headgate_events::delivery::shared_access_signature;
use headgate_events::{EventTime, SasKey};
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use super::{Captured, Captures, Function, Sdks, base64, key};

/// The source of what the functions emit.
pub(crate) const SOURCE: &str =
    "/subscriptions/s/resourceGroups/g/providers/Microsoft.ApiManagement/service/apim";

/// What a function is asked, and what it then says: type, subject, data.
pub(crate) struct Act {
    pub(crate) asked: (&'static str, &'static str, String),
    pub(crate) event_type: &'static str,
    pub(crate) subject: &'static str,
    pub(crate) data: Value,
}

/// A sink of each kind and form, under a path of its own.
fn sinks(origin: &str) -> String {
    format!(
        r#"
        structured = {{ kind = "webhook", url = "{origin}/structured" }}
        binary = {{ kind = "webhook", url = "{origin}/binary", mode = "binary" }}
        batch = {{ kind = "webhook", url = "{origin}/batch", mode = "batch" }}
        signed = {{ kind = "webhook", url = "{origin}/signed", secret = "${{secret:signing_secret}}" }}
        event-grid = {{ kind = "event-grid-topic", url = "{origin}/event-grid", key = "${{secret:topic_key}}" }}
        cloud-events = {{ kind = "event-grid-topic", url = "{origin}/cloud-events", sas-key = "${{secret:topic_key}}", schema = "cloud-events" }}
        namespace = {{ kind = "event-grid-namespace", url = "{origin}", topic = "gateway", key = "${{secret:topic_key}}" }}
        "#
    )
}

/// Does each act and checks what every sink then gets, as the packages read it.
pub(crate) fn emits(name: &str, variables: &[(&str, &str)], acts: &[Act]) {
    let captures = Captures::start();
    let (key, secret) = (key(), format!("whsec_{}", key()));
    let sinks = sinks(&captures.origin());
    let own = [
        ("SINKS", sinks.as_str()),
        ("SOURCE", SOURCE),
        ("TOPIC_KEY", &key),
        ("SIGNING_SECRET", &secret),
    ];
    let function = Function::start(name, &[&own, variables].concat());

    let (mut jobs, mut expected) = (Vec::new(), Vec::new());
    for (index, act) in acts.iter().enumerate() {
        let (method, path, body) = &act.asked;
        function.ask(method, path, body);
        let arrived = |path: &str| captures.once_there_are(index + 1, path)[index].clone();
        let [structured, binary, batch, signed] =
            ["/structured", "/binary", "/batch", "/signed"].map(arrived);
        let [event_grid, cloud_events, namespace] =
            ["/event-grid", "/cloud-events", "/topics/gateway:publish"].map(arrived);
        assert_credentials(&key, &event_grid, &cloud_events, &namespace);

        let written = structured.json();
        let event = json!({
            "id": written["id"], "source": SOURCE, "type": act.event_type, "specversion": "1.0",
            "subject": act.subject, "time": to_microseconds(&written["time"]), "extensions": {},
            "data": act.data,
        });
        let mut expect = |message: &Captured, form: &str, expected_event: &Value| {
            jobs.push(message.read_as(form));
            expected.push(json!([expected_event]));
        };
        expect(&structured, "azure-cloud-event", &event);
        expect(&structured, "cloudevents", &event);
        expect(&signed, "azure-cloud-event", &event);
        expect(&batch, "azure-cloud-events", &event);
        expect(&batch, "cloudevents-batch", &event);
        expect(&cloud_events, "azure-cloud-event", &event);
        expect(&namespace, "cloudevents", &event);
        // In binary mode JSON has to say that it is.
        let mut of_binary = event.clone();
        of_binary["datacontenttype"] = json!("application/json");
        expect(&binary, "cloudevents", &of_binary);
        // Who publishes to a custom topic may not name it.
        let of_event_grid = json!({
            "id": event["id"], "subject": event["subject"], "event_type": event["type"],
            "event_time": event["time"], "data": event["data"], "data_version": "1",
            "metadata_version": "1",
        });
        expect(&event_grid, "azure-event-grid-events", &of_event_grid);

        let verify = |body: &[u8]| {
            let headers = signed.headers_as_json();
            json!({ "do": "verify", "secret": secret, "headers": headers, "body": base64(body) })
        };
        jobs.push(verify(&signed.body));
        expected.push(json!({ "verified": written }));
        jobs.push(verify(&[&signed.body, b" ".as_slice()].concat()));
        expected.push(json!({ "refused": "No matching signature found" }));
    }
    for ((answer, expected), job) in Sdks::answer(&jobs).iter().zip(&expected).zip(&jobs) {
        assert_eq!(answer, expected, "{job}");
    }
}

/// Each credential stands where Azure looks for it, and the signature is that of the key.
fn assert_credentials(
    key: &str,
    event_grid: &Captured,
    cloud_events: &Captured,
    namespace: &Captured,
) {
    assert_eq!(event_grid.header("aeg-sas-key"), key);
    assert_eq!(event_grid.header("content-type"), "application/json; charset=utf-8");
    assert_eq!(event_grid.uri.query(), Some("api-version=2018-01-01"));
    assert_eq!(namespace.header("authorization"), format!("SharedAccessKey {key}"));
    let token = cloud_events.header("aeg-sas-token");
    let parts: Vec<_> = token.split('&').filter_map(|part| part.split_once('=')).collect();
    let [("r", resource), ("e", expiry), ("s", _)] = parts[..] else { panic!("{token}") };
    let decoded = |text| percent_decode_str(text).decode_utf8().unwrap().into_owned();
    assert!(decoded(resource).ends_with("/cloud-events"), "{token}");
    let expiry = EventTime::parse(&decoded(expiry)).unwrap().timestamp().unwrap();
    let again = shared_access_signature(&decoded(resource), expiry, &SasKey::parse(key).unwrap());
    assert_eq!(token, again);
}

/// The packages know microseconds; API Management's events have one digit more.
fn to_microseconds(time: &Value) -> String {
    let (seconds, ticks) = time.as_str().unwrap().split_once('.').unwrap();
    assert_eq!(ticks.len(), 8, "{time}");
    format!("{seconds}.{}Z", &ticks[..6])
}
