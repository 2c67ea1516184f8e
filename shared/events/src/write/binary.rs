use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue};

use super::{Message, structured};
use crate::data::Data;
use crate::event::Event;
use crate::header_value::encode;

/// Writes one event in binary mode: the attributes are headers, the data is the body.
///
/// JSON that has no media type gets `application/json`, which is what the JSON format means by none. An event whose data is
/// an event, by its media type, is written in structured mode: in binary mode that media type would say that the *data* is
/// what arrives (HTTP binding §3), and whoever chose it could so speak in another's name.
#[must_use]
pub fn binary(event: &Event) -> Message {
    if event.data_content_type().is_some_and(is_of_cloud_events) {
        return structured(event);
    }
    let mut headers = HeaderMap::new();
    let attributes = [
        ("specversion", Some("1.0")),
        ("id", Some(event.id())),
        ("source", Some(event.source())),
        ("type", Some(event.event_type())),
        ("subject", event.subject()),
        ("time", event.time().map(|time| time.as_str())),
        ("dataschema", event.data_schema()),
    ];
    for (name, value) in attributes {
        if let Some(value) = value {
            insert(&mut headers, name, value);
        }
    }
    for (name, value) in event.extensions() {
        insert(&mut headers, name.as_str(), &value.to_string());
    }
    let implied = matches!(event.data(), Data::Json(_)).then_some("application/json");
    let content_type = event.data_content_type().or(implied);
    if let Some(content_type) = content_type.and_then(|text| HeaderValue::from_str(text).ok()) {
        headers.insert(CONTENT_TYPE, content_type);
    }
    let body = match event.data() {
        Data::None => Bytes::new(),
        Data::Json(json) => Bytes::copy_from_slice(json.as_str().as_bytes()),
        Data::Text(text) => Bytes::copy_from_slice(text.as_bytes()),
        Data::Bytes(bytes) => bytes.clone(),
    };
    Message { headers, body }
}

/// Whether a content type says that the message is in structured or batched mode, in whichever format.
fn is_of_cloud_events(content_type: &str) -> bool {
    const PREFIX: &str = "application/cloudevents";
    let start = content_type.trim().get(..PREFIX.len());
    start.is_some_and(|start| start.eq_ignore_ascii_case(PREFIX))
}

fn insert(headers: &mut HeaderMap, attribute: &str, value: &str) {
    // An attribute's name is letters and digits, and what was encoded is printable ASCII: both always fit.
    let name = HeaderName::try_from(format!("ce-{attribute}")).ok();
    if let Some((name, value)) = name.zip(encode(value)) {
        headers.insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Json;
    use crate::read::{Form, read};

    /// HTTP binding §3: such a content type says that the message is the inner event.
    #[test]
    fn an_event_that_carries_an_event_is_not_mistaken_for_it() {
        let inner = br#"{"specversion":"1.0","id":"2","source":"/inner","type":"t"}"#;
        for content_type in [
            "application/cloudevents+json",
            " Application/CloudEvents-Batch+JSON; charset=utf-8",
            "application/cloudevents+avro",
        ] {
            let data = match Json::parse(inner) {
                Some(json) if content_type.to_lowercase().contains("json") => Data::Json(json),
                Some(_) | None => Data::Bytes(Bytes::from_static(inner)),
            };
            let event = Event::new("1", "/outer", "t").unwrap();
            let event = event.with_data(data, Some(content_type)).unwrap();
            let message = binary(&event);
            let received = read(&message.headers, &message.body).unwrap();
            assert_eq!((received.form, received.events), (Form::Structured, vec![event]));
        }
    }
}
