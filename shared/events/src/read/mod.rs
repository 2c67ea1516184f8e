//! Events from an HTTP message, whichever form they came in.

mod alias;
mod binary;
mod event_grid;
mod members;
mod structured;

use http::HeaderMap;
use http::header::CONTENT_TYPE;

use crate::error::{EventError, EventErrorKind};
use crate::event::Event;
use crate::media_type::MediaType;

/// The events of one message, and the form in which they came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// The form, in which a receiver may want to answer or to pass the events on.
    pub form: Form,
    /// The events in their order; none for an empty array.
    pub events: Vec<Event>,
}

/// How events lie in an HTTP message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// One CloudEvent as JSON.
    Structured,
    /// CloudEvents as a JSON array.
    Batch,
    /// One CloudEvent: its attributes are headers, and the body is its data.
    Binary,
    /// The Event Grid schema: a JSON array, or one object alone as API Management's documentation shows it.
    EventGrid,
}

/// Reads the events of a message (contracts §1.2, §3.5, §3.7).
///
/// The content type decides: a batch, a structured event, or else a binary one when there are headers of CloudEvents, or
/// else the Event Grid schema. Accepted besides what the specifications say, and never written: `specVersion`, `Type` and
/// `Time` for the attributes in lower case, the number 1.0 as the version, one object in the place of an array in the
/// Event Grid schema, and the misspelt and the announced type names of API Management's events, which become the
/// documented ones.
///
/// # Errors
///
/// [`EventError`] at the first thing that is wrong: one bad event refuses the whole message, as a batch is taken all or
/// nothing.
pub fn read(headers: &HeaderMap, body: &[u8]) -> Result<Received, EventError> {
    let content_type = content_type(headers)?;
    let json = body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(body);
    match form(headers, content_type).map_err(EventErrorKind::alone)? {
        Form::Structured => Ok(one(Form::Structured, structured::event(json)?)),
        Form::Batch => Ok(Received { form: Form::Batch, events: structured::batch(json)? }),
        Form::Binary => binary::event(headers, content_type, body)
            .map(|event| one(Form::Binary, event))
            .map_err(EventErrorKind::alone),
        Form::EventGrid => {
            Ok(Received { form: Form::EventGrid, events: event_grid::events(json)? })
        }
    }
}

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

fn one(form: Form, event: Event) -> Received {
    Received { form, events: vec![event] }
}

fn content_type(headers: &HeaderMap) -> Result<Option<&str>, EventError> {
    let mut values = headers.get_all(CONTENT_TYPE).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(EventErrorKind::ContentTypeTwice.alone());
    }
    let text = value.to_str().map_err(|_| EventErrorKind::NotMediaType.alone())?;
    Ok((!text.is_empty()).then_some(text))
}

fn form(headers: &HeaderMap, content_type: Option<&str>) -> Result<Form, EventErrorKind> {
    let content_type = content_type.unwrap_or_default();
    // The longer prefix first: the other one begins it.
    let named = [
        ("application/cloudevents-batch", "cloudevents-batch+json", Form::Batch),
        ("application/cloudevents", "cloudevents+json", Form::Structured),
    ];
    for (prefix, subtype, form) in named {
        if has_prefix(content_type, prefix) {
            let is_read = MediaType::parse(content_type)
                .is_some_and(|media_type| media_type.is("application", subtype));
            return if is_read { Ok(form) } else { Err(EventErrorKind::FormatUnknown) };
        }
    }
    let is_binary = binary::REQUIRED.iter().any(|name| headers.contains_key(*name));
    Ok(if is_binary { Form::Binary } else { Form::EventGrid })
}

fn has_prefix(text: &str, prefix: &str) -> bool {
    text.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}
