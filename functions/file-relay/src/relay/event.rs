use headgate_core::{Random, Timestamp};
use headgate_events::{Data, Event, EventErrorKind, Json, event_id};

use super::receipt::receipt;
use super::record::Relay;

/// Makes the event that a relay came to its end: its subject is `/relays/{id}`, its data the receipt.
///
/// # Errors
///
/// [`EventErrorKind`] when the source is none; no configured one is.
pub(crate) fn event(
    id: &str,
    relay: &Relay,
    event_type: &'static str,
    (source, random): (&str, &impl Random),
    now: Timestamp,
) -> Result<Event, EventErrorKind> {
    Event::new(event_id(random), source, event_type)?
        .with_subject(format!("/relays/{id}"))?
        .with_time(now)
        .with_data(Data::Json(Json::from(&receipt(id, relay, None))), None)
}
