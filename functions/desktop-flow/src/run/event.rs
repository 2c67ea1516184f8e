use headgate_core::{Random, Timestamp};
use headgate_events::{Data, Event, EventErrorKind, Json, event_id};

use super::outcome::Outcome;
use super::record::Run;
use super::view::view;

/// Makes the event that a run is over: its subject is `/runs/{id}`, its data what `GET /runs/{id}` shows without the outputs.
///
/// # Errors
///
/// [`EventErrorKind`] when the source is none; no configured one is.
pub fn event(
    id: &str,
    run: &Run,
    outcome: Outcome,
    (source, random): (&str, &impl Random),
    now: Timestamp,
) -> Result<Event, EventErrorKind> {
    Event::new(event_id(random), source, outcome.event_type())?
        .with_subject(format!("/runs/{id}"))?
        .with_time(now)
        .with_data(Data::Json(Json::from(&view(id, run))), None)
}
