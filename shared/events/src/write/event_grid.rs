use std::borrow::Cow;

use headgate_core::Timestamp;
use serde::Serialize;

use super::Message;
use crate::data::{Data, Json};
use crate::event::Event;
use crate::event_time::EventTime;

/// Whether the events say where they come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topic {
    /// `topic` is the event's source, as in what Event Grid delivers.
    Source,
    /// There is none: who publishes to a custom topic may not set it (contracts §3.1).
    Omitted,
}

/// Why an event cannot be written in the Event Grid schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("data that is neither JSON nor text has no place in the Event Grid schema")]
pub struct NotExpressible;

/// Writes events in the Event Grid schema: an array, with `dataVersion` and `metadataVersion` `1` unless the event has
/// other ones. Extension attributes, the data's media type and its schema have no place there and are left out; an event
/// without a time gets `now`.
///
/// # Errors
///
/// [`NotExpressible`] when an event carries bytes.
pub fn event_grid(
    events: &[Event],
    topic: Topic,
    now: Timestamp,
) -> Result<Message, NotExpressible> {
    let written: Vec<_> =
        events.iter().map(|event| written(event, topic, now)).collect::<Result<_, _>>()?;
    // Strings and JSON always serialise.
    let body = serde_json::to_vec(&written).unwrap_or_default();
    Ok(Message::json("application/json; charset=utf-8", body))
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Written<'a> {
    id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    topic: Option<&'a str>,
    subject: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<WrittenData<'a>>,
    event_type: &'a str,
    data_version: Cow<'a, str>,
    metadata_version: Cow<'a, str>,
    event_time: Cow<'a, str>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum WrittenData<'a> {
    Json(&'a Json),
    Text(&'a str),
}

fn written(event: &Event, topic: Topic, now: Timestamp) -> Result<Written<'_>, NotExpressible> {
    let version = |name| {
        event.extension(name).map_or(Cow::Borrowed("1"), |version| Cow::Owned(version.to_string()))
    };
    Ok(Written {
        id: event.id(),
        topic: match topic {
            Topic::Source => Some(event.source()),
            Topic::Omitted => None,
        },
        subject: event.subject().unwrap_or_default(),
        data: match event.data() {
            Data::None => None,
            Data::Json(json) => Some(WrittenData::Json(json)),
            Data::Text(text) => Some(WrittenData::Text(text)),
            Data::Bytes(_) => return Err(NotExpressible),
        },
        event_type: event.event_type(),
        data_version: version("dataversion"),
        metadata_version: version("metadataversion"),
        event_time: match event.time() {
            Some(time) => Cow::Borrowed(time.as_str()),
            None => Cow::Owned(EventTime::from(now).as_str().to_owned()),
        },
    })
}
