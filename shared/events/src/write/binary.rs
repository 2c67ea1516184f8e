use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue};

use super::Message;
use crate::data::Data;
use crate::event::Event;
use crate::header_value::encode;

/// Writes one event in binary mode: the attributes are headers, the data is the body.
///
/// JSON that has no media type gets `application/json`, which is what the JSON format means by none.
#[must_use]
pub fn binary(event: &Event) -> Message {
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

fn insert(headers: &mut HeaderMap, attribute: &str, value: &str) {
    // An attribute's name is letters and digits, and what was encoded is printable ASCII: both always fit.
    let name = HeaderName::try_from(format!("ce-{attribute}")).ok();
    if let Some((name, value)) = name.zip(encode(value)) {
        headers.insert(name, value);
    }
}
