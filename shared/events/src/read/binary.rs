use bytes::Bytes;
use http::HeaderMap;

use super::alias;
use super::structured::parse_time;
use crate::data::{Data, Json};
use crate::error::EventErrorKind;
use crate::event::Event;
use crate::extension::{ExtensionName, ExtensionValue};
use crate::header_value::decode;
use crate::media_type::MediaType;

/// The headers that every event in binary mode has: with any of them, a message means to be one.
pub(super) const REQUIRED: [&str; 4] = ["ce-specversion", "ce-id", "ce-source", "ce-type"];

/// Reads an event whose attributes are headers.
pub(super) fn event(
    headers: &HeaderMap,
    content_type: Option<&str>,
    body: &[u8],
) -> Result<Event, EventErrorKind> {
    if headers.contains_key("ce-datacontenttype") {
        return Err(EventErrorKind::ContentTypeHeader);
    }
    if required(headers, "ce-specversion")? != "1.0" {
        return Err(EventErrorKind::SpecVersion);
    }
    let (id, source) = (required(headers, "ce-id")?, required(headers, "ce-source")?);
    let event_type = alias::documented(required(headers, "ce-type")?);
    let mut event = Event::new(id, source, event_type)?;
    for name in headers.keys() {
        let Some(attribute) = name.as_str().strip_prefix("ce-") else { continue };
        match attribute {
            "specversion" | "id" | "source" | "type" => {}
            "subject" => event = event.with_subject(required(headers, "ce-subject")?)?,
            "time" => {
                event = event.with_time(parse_time("time", &required(headers, "ce-time")?)?);
            }
            "dataschema" => {
                event = event.with_data_schema(required(headers, "ce-dataschema")?)?;
            }
            extension => {
                let extension = ExtensionName::new(extension)?;
                let value = ExtensionValue::Text(required(headers, name.as_str())?);
                event = event.with_extension(extension, value)?;
            }
        }
    }
    event.with_data(data(content_type, body)?, content_type)
}

fn required(headers: &HeaderMap, name: &str) -> Result<String, EventErrorKind> {
    let mut values = headers.get_all(name).iter();
    let value = values.next().ok_or_else(|| EventErrorKind::Missing { name: name.into() })?;
    if values.next().is_some() {
        return Err(EventErrorKind::HeaderTwice { name: name.into() });
    }
    decode(value).ok_or_else(|| EventErrorKind::HeaderEncoding { name: name.into() })
}

fn data(content_type: Option<&str>, body: &[u8]) -> Result<Data, EventErrorKind> {
    if body.is_empty() {
        return Ok(Data::None);
    }
    match content_type.and_then(MediaType::parse) {
        Some(media_type) if media_type.is_json() => {
            Json::parse(body).map(Data::Json).ok_or(EventErrorKind::DataNotJson)
        }
        Some(media_type) if media_type.is_utf_8_text() => Ok(match std::str::from_utf8(body) {
            Ok(text) => Data::Text(text.to_owned()),
            Err(_) => Data::Bytes(Bytes::copy_from_slice(body)),
        }),
        Some(_) | None => Ok(Data::Bytes(Bytes::copy_from_slice(body))),
    }
}
