use serde_json::value::RawValue;

use super::alias;
use super::members::{Members, elements, not_json, string};
use super::structured::parse_time;
use crate::data::{Data, Json};
use crate::error::{EventError, EventErrorKind};
use crate::event::Event;
use crate::extension::{ExtensionName, ExtensionValue};
use crate::text::attribute_text;

/// The members by which an object shows that it means the Event Grid schema.
const MARKS: [&str; 3] = ["eventType", "eventTime", "dataVersion"];

/// Reads an array in the Event Grid schema, or one event alone.
pub(super) fn events(body: &[u8]) -> Result<Vec<Event>, EventError> {
    match body.trim_ascii_start().first() {
        Some(b'[') => {
            let elements = elements(body)?;
            elements
                .into_iter()
                .enumerate()
                .map(|(index, element)| event(element).map_err(|kind| kind.at(index)))
                .collect()
        }
        Some(b'{') => {
            let object: &RawValue =
                serde_json::from_slice(body).map_err(|error| not_json(&error).alone())?;
            event(object).map(|event| vec![event]).map_err(EventErrorKind::alone)
        }
        Some(_) | None => Err(EventErrorKind::NoEvent.alone()),
    }
}

fn event(object: &RawValue) -> Result<Event, EventErrorKind> {
    let mut members = Members::read(object)?;
    if !MARKS.iter().any(|mark| members.contains(mark)) {
        return Err(EventErrorKind::NoEvent);
    }
    let id = members.required_text("id")?;
    let topic = attribute_text("topic", members.required_text("topic")?)?;
    let event_type = attribute_text("eventType", members.required_text("eventType")?)?;
    let mut event = Event::new(id, topic, alias::documented(event_type))?;
    let time = members.required_text("eventTime")?;
    event = event.with_time(parse_time("eventTime", &time)?);
    // An empty subject is allowed here; CloudEvents has none then.
    if let Some(subject) = members.text("subject")?.filter(|subject| !subject.is_empty()) {
        event = event.with_subject(subject)?;
    }
    for (member, extension) in
        [("dataVersion", "dataversion"), ("metadataVersion", "metadataversion")]
    {
        event = with_version(event, extension, member, members.take(member))?;
    }
    let data = members.take("data").map_or(Data::None, |data| Data::Json(Json::of_raw(data)));
    event.with_data(data, None)
}

/// Keeps a version that is not the usual one as an extension attribute, from where it is written again.
fn with_version(
    event: Event,
    extension: &str,
    member: &'static str,
    value: Option<&RawValue>,
) -> Result<Event, EventErrorKind> {
    let Some(value) = value else { return Ok(event) };
    match string(member, value)? {
        usual if usual == "1" => Ok(event),
        version => {
            event.with_extension(ExtensionName::new(extension)?, ExtensionValue::Text(version))
        }
    }
}
