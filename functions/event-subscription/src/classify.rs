use headgate_events::{Event, read};
use http::HeaderMap;
use http::header::CONTENT_TYPE;

use crate::aws::{Invocation, QueueMessage, read_invocation};
use crate::handshake::{Validation, read_validation};
use crate::refusal::Refusal;

/// Where a message comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// An HTTP request.
    Http,
    /// The platform: what it hands over is no HTTP request, and no caller can pretend that it is.
    Platform,
}

/// What a message is.
#[derive(Clone, Debug)]
pub enum Delivery {
    /// Event Grid asks whether the subscription is wanted.
    Validation(Validation),
    /// Event Grid says that the subscription is gone.
    Deletion,
    /// Events, which are taken all or not at all.
    Events(Vec<Event>),
    /// Messages of a queue, each of which is taken or not.
    Queue(Vec<QueueMessage>),
}

const EVENT_TYPE: &str = "aeg-event-type";

/// Says what a message is.
///
/// Over HTTP, `aeg-event-type` tells the handshake and the farewell of Event Grid (contracts §3.5); everything else is
/// events in one of the forms of [`headgate_events::read`](read()).
///
/// # Errors
///
/// [`Refusal`], which names what is malformed.
pub fn classify(origin: Origin, headers: &HeaderMap, body: &[u8]) -> Result<Delivery, Refusal> {
    if origin == Origin::Platform {
        return Ok(match read_invocation(body)? {
            Invocation::Events(events) => Delivery::Events(events),
            Invocation::Queue(messages) => Delivery::Queue(messages),
        });
    }
    let mut kinds = headers.get_all(EVENT_TYPE).iter();
    let kind = kinds.next().map_or(b"".as_slice(), |kind| kind.as_bytes());
    if kinds.next().is_some() {
        return Err(Refusal::EventTypeTwice);
    }
    if kind.eq_ignore_ascii_case(b"SubscriptionValidation") {
        return read_validation(body).map(Delivery::Validation);
    }
    if kind.eq_ignore_ascii_case(b"SubscriptionDeletion") {
        return Ok(Delivery::Deletion);
    }
    if !may_hold_events(headers) {
        return Err(Refusal::ContentType);
    }
    Ok(Delivery::Events(read(headers, body)?.events))
}

/// Whether a message could be one with events: by headers of CloudEvents, a content type of CloudEvents or JSON, or none.
fn may_hold_events(headers: &HeaderMap) -> bool {
    if headers.keys().any(|name| name.as_str().starts_with("ce-")) {
        return true;
    }
    let Some(value) = headers.get(CONTENT_TYPE) else { return true };
    let essence = value.as_bytes().split(|byte| *byte == b';').next().unwrap_or_default();
    let essence = essence.trim_ascii().to_ascii_lowercase();
    essence.is_empty()
        || essence.starts_with(b"application/cloudevents")
        || essence.ends_with(b"/json")
        || essence.ends_with(b"+json")
}
