use headgate_events::{
    Data, Event, EventErrorKind, EventTime, ExtensionName, ExtensionValue, Json,
};
use serde::Deserialize;
use serde_json::value::RawValue;

/// EventBridge's envelope.
#[derive(Default, Deserialize)]
#[serde(default)]
struct EventBridge<'a> {
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    source: Option<&'a RawValue>,
    #[serde(borrow, rename = "detail-type")]
    detail_type: Option<&'a RawValue>,
    #[serde(borrow)]
    time: Option<&'a RawValue>,
    #[serde(borrow)]
    account: Option<&'a RawValue>,
    #[serde(borrow)]
    region: Option<&'a RawValue>,
    #[serde(borrow)]
    resources: Option<&'a RawValue>,
    #[serde(borrow)]
    detail: Option<&'a RawValue>,
}

/// Reads an envelope as an event.
///
/// `source` and `id` are the event's, `detail-type` is its type, `detail` its data. The first of `resources` is its subject,
/// since rules look at that; all of them, `account` and `region` are extension attributes.
pub(super) fn event(text: &[u8]) -> Result<Event, EventErrorKind> {
    let envelope: EventBridge<'_> = serde_json::from_slice(text)
        .map_err(|error| EventErrorKind::NotJson { line: error.line(), column: error.column() })?;
    let id = required("id", envelope.id)?;
    let source = required("source", envelope.source)?;
    let mut event = Event::new(id, source, required("detail-type", envelope.detail_type)?)?;
    if let Some(time) = text_of("time", envelope.time)? {
        let not_time = EventErrorKind::NotTime { name: "time".into() };
        event = event.with_time(EventTime::parse(&time).ok_or(not_time)?);
    }
    for (name, value) in [("account", envelope.account), ("region", envelope.region)] {
        if let Some(value) = text_of(name, value)?.filter(|value| !value.is_empty()) {
            event = event.with_extension(ExtensionName::new(name)?, ExtensionValue::Text(value))?;
        }
    }
    let resources: Vec<String> = match envelope.resources {
        None => Vec::new(),
        Some(raw) => serde_json::from_str(raw.get())
            .map_err(|_| EventErrorKind::NotString { name: "resources".into() })?,
    };
    if let Some(first) = resources.first().filter(|first| !first.is_empty()) {
        event = event.with_subject(first.as_str())?;
        let all = ExtensionValue::Text(resources.join(","));
        event = event.with_extension(ExtensionName::new("resources")?, all)?;
    }
    match envelope.detail.and_then(|detail| Json::parse(detail.get().as_bytes())) {
        Some(detail) => event.with_data(Data::Json(detail), Some("application/json")),
        None => Ok(event),
    }
}

fn required(name: &'static str, value: Option<&RawValue>) -> Result<String, EventErrorKind> {
    text_of(name, value)?.ok_or(EventErrorKind::Missing { name: name.into() })
}

fn text_of(name: &'static str, value: Option<&RawValue>) -> Result<Option<String>, EventErrorKind> {
    let text = |value: &RawValue| {
        serde_json::from_str(value.get())
            .map_err(|_| EventErrorKind::NotString { name: name.into() })
    };
    value.map(text).transpose()
}
