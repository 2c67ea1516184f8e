use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde::de::{Deserializer, Error};
use serde_json::value::RawValue;

use super::alias;
use super::members::{Members, elements, not_json, string};
use crate::data::{Data, Json};
use crate::error::{EventError, EventErrorKind};
use crate::event::Event;
use crate::event_time::EventTime;
use crate::extension::{ExtensionName, ExtensionValue};
use crate::media_type::MediaType;

/// Reads one event in the JSON format.
pub(super) fn event(body: &[u8]) -> Result<Event, EventError> {
    let text: &RawValue = serde_json::from_slice(body).map_err(|error| not_json(&error).alone())?;
    Members::read(text).and_then(event_of).map_err(EventErrorKind::alone)
}

/// Reads a batch in the JSON batch format.
pub(super) fn batch(body: &[u8]) -> Result<Vec<Event>, EventError> {
    let read = |(index, element)| {
        Members::read(element).and_then(event_of).map_err(|kind: EventErrorKind| kind.at(index))
    };
    elements(body)?.into_iter().enumerate().map(read).collect()
}

fn event_of(mut members: Members<'_>) -> Result<Event, EventErrorKind> {
    members.respell();
    check_version(members.take("specversion"))?;
    let (id, source) = (members.required_text("id")?, members.required_text("source")?);
    let event_type = alias::documented(members.required_text("type")?);
    let mut event = Event::new(id, source, event_type)?;
    if let Some(subject) = members.text("subject")? {
        event = event.with_subject(subject)?;
    }
    if let Some(time) = members.text("time")? {
        event = event.with_time(parse_time("time", &time)?);
    }
    if let Some(schema) = members.text("dataschema")? {
        event = event.with_data_schema(schema)?;
    }
    let content_type = members.text("datacontenttype")?;
    let data = data(&mut members, content_type.as_deref())?;
    event = event.with_data(data, content_type.as_deref())?;
    for (name, value) in members.rest() {
        let value = extension_value(value)
            .ok_or_else(|| EventErrorKind::ExtensionType { name: name.as_str().into() })?;
        event = event.with_extension(ExtensionName::new(name)?, value)?;
    }
    Ok(event)
}

/// Reads a time by RFC 3339.
pub(super) fn parse_time(name: &'static str, text: &str) -> Result<EventTime, EventErrorKind> {
    EventTime::parse(text).ok_or(EventErrorKind::NotTime { name: name.into() })
}

fn check_version(version: Option<&RawValue>) -> Result<(), EventErrorKind> {
    let version = version.ok_or(EventErrorKind::Missing { name: "specversion".into() })?;
    // The number is how API Management's documentation has it.
    let is_known = serde_json::from_str::<&str>(version.get()).is_ok_and(|text| text == "1.0")
        || matches!(version.get(), "1.0" | "1");
    if is_known { Ok(()) } else { Err(EventErrorKind::SpecVersion) }
}

fn data(members: &mut Members<'_>, content_type: Option<&str>) -> Result<Data, EventErrorKind> {
    let (data, base64) = (members.take_raw("data"), members.take("data_base64"));
    match (data, base64) {
        (None, None) => Ok(Data::None),
        // A null here stands for the member that is not used.
        (Some(data), Some(_)) if data.get() != "null" => Err(EventErrorKind::DataTwice),
        (_, Some(base64)) => {
            let text = string("data_base64", base64)?;
            let bytes = STANDARD.decode(text).map_err(|_| EventErrorKind::DataNotBase64)?;
            Ok(Data::Bytes(bytes.into()))
        }
        (Some(data), None) => {
            let media_type = content_type.and_then(MediaType::parse);
            if media_type.is_none_or(|media_type| media_type.is_json()) {
                return Ok(Data::Json(Json::of_raw(data)));
            }
            match data.get() {
                "null" => Ok(Data::None),
                text => serde_json::from_str(text)
                    .map(Data::Text)
                    .map_err(|_| EventErrorKind::DataNotText),
            }
        }
    }
}

fn extension_value(value: &RawValue) -> Option<ExtensionValue> {
    match value.get() {
        "true" => Some(ExtensionValue::Boolean(true)),
        "false" => Some(ExtensionValue::Boolean(false)),
        text if text.starts_with('"') => serde_json::from_str(text).ok().map(ExtensionValue::Text),
        number => number.parse().ok().map(ExtensionValue::Integer),
    }
}

impl<'de> Deserialize<'de> for Event {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let members = Members::deserialize(deserializer)?;
        members.checked().and_then(event_of).map_err(D::Error::custom)
    }
}
