use headgate_events::{Event, EventError, EventErrorKind, read};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::event_bridge;
use super::wrapped::Notification;

/// The members by which an object shows what it is.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Envelope<'a> {
    #[serde(borrow, rename = "Records")]
    pub(super) records: Option<Vec<&'a RawValue>>,
    #[serde(borrow, rename = "detail-type")]
    detail_type: Option<&'a RawValue>,
    #[serde(borrow)]
    specversion: Option<&'a RawValue>,
    #[serde(borrow, rename = "specVersion")]
    spec_version: Option<&'a RawValue>,
    #[serde(borrow, rename = "eventType")]
    event_type: Option<&'a RawValue>,
    #[serde(borrow, rename = "TopicArn")]
    topic_arn: Option<&'a RawValue>,
    #[serde(borrow, rename = "Message")]
    message: Option<&'a RawValue>,
}

impl<'a> Envelope<'a> {
    pub(super) fn read(text: &'a [u8]) -> Option<Self> {
        let is_object = text.trim_ascii_start().starts_with(b"{");
        is_object.then(|| serde_json::from_slice(text).ok()).flatten()
    }
}

/// Reads the events of a text in whichever form it has; `None` when it has none.
pub(super) fn events(text: &[u8]) -> Result<Option<Vec<Event>>, EventError> {
    if text.trim_ascii_start().starts_with(b"[") {
        return array(text);
    }
    let Some(envelope) = Envelope::read(text) else { return Ok(None) };
    if envelope.topic_arn.is_some() && envelope.message.is_some() {
        // SNS to SQS without raw message delivery.
        return match serde_json::from_slice::<Notification>(text) {
            Ok(notification) => notification.events().map(Some),
            Err(_) => Ok(None),
        };
    }
    one(text, &envelope)
}

/// The event of a text that is not SNS's: that one is not looked for inside of itself.
pub(super) fn inner(text: &[u8]) -> Result<Option<Vec<Event>>, EventError> {
    if text.trim_ascii_start().starts_with(b"[") {
        return array(text);
    }
    match Envelope::read(text) {
        Some(envelope) => one(text, &envelope),
        None => Ok(None),
    }
}

fn one(text: &[u8], envelope: &Envelope<'_>) -> Result<Option<Vec<Event>>, EventError> {
    if envelope.detail_type.is_some() {
        let event = event_bridge::event(text).map_err(EventErrorKind::alone)?;
        return Ok(Some(vec![event]));
    }
    if envelope.specversion.is_some() || envelope.spec_version.is_some() {
        return form("application/cloudevents+json", text).map(Some);
    }
    if envelope.event_type.is_some() {
        return form("application/json", text).map(Some);
    }
    Ok(None)
}

/// An array of CloudEvents or in the Event Grid schema, by its first element.
fn array(text: &[u8]) -> Result<Option<Vec<Event>>, EventError> {
    let Ok(elements) = serde_json::from_slice::<Vec<&RawValue>>(text) else { return Ok(None) };
    let first = elements.first().and_then(|first| Envelope::read(first.get().as_bytes()));
    match first {
        Some(first) if first.specversion.is_some() || first.spec_version.is_some() => {
            form("application/cloudevents-batch+json", text).map(Some)
        }
        Some(first) if first.event_type.is_some() => form("application/json", text).map(Some),
        Some(_) | None => Ok(None),
    }
}

fn form(content_type: &'static str, text: &[u8]) -> Result<Vec<Event>, EventError> {
    let content_type = (CONTENT_TYPE, HeaderValue::from_static(content_type));
    Ok(read(&HeaderMap::from_iter([content_type]), text)?.events)
}
