use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Serialize, Serializer, ser::SerializeMap};

use super::Message;
use crate::data::Data;
use crate::event::Event;

/// Writes one event in structured mode: `application/cloudevents+json`.
#[must_use]
pub fn structured(event: &Event) -> Message {
    // An event always serialises: its members are strings, numbers and JSON.
    let body = serde_json::to_vec(event).unwrap_or_default();
    Message::json("application/cloudevents+json; charset=utf-8", body)
}

/// Writes events in batched mode: `application/cloudevents-batch+json`. Only for who asked for batches.
#[must_use]
pub fn batch(events: &[Event]) -> Message {
    // As above.
    let body = serde_json::to_vec(events).unwrap_or_default();
    Message::json("application/cloudevents-batch+json; charset=utf-8", body)
}

impl Serialize for Event {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("specversion", "1.0")?;
        map.serialize_entry("id", self.id())?;
        map.serialize_entry("source", self.source())?;
        map.serialize_entry("type", self.event_type())?;
        let optional = [
            ("subject", self.subject()),
            ("time", self.time().map(|time| time.as_str())),
            ("datacontenttype", self.data_content_type()),
            ("dataschema", self.data_schema()),
        ];
        for (name, value) in optional {
            if let Some(value) = value {
                map.serialize_entry(name, value)?;
            }
        }
        for (name, value) in self.extensions() {
            map.serialize_entry(name.as_str(), value)?;
        }
        match self.data() {
            Data::None => {}
            Data::Json(json) => map.serialize_entry("data", json)?,
            Data::Text(text) => map.serialize_entry("data", text)?,
            Data::Bytes(bytes) => map.serialize_entry("data_base64", &STANDARD.encode(bytes))?,
        }
        map.end()
    }
}
