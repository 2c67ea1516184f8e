use headgate_core::{Random, Timestamp};
use headgate_events::{Data, Event, EventErrorKind, Eventful, Json, event_id};

use super::outcome::Outcome;
use super::record::{Phase, Run};
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

/// A run that comes to its end does so together with its event.
impl Eventful for Run {
    fn event(
        &self,
        next: &Self,
        id: &str,
        from: (&str, &impl Random),
        now: Timestamp,
    ) -> Result<Option<Event>, EventErrorKind> {
        match &next.phase {
            Phase::Finished { outcome, .. } if !self.is_finished() => {
                event(id, next, *outcome, from, now).map(Some)
            }
            _ => Ok(None),
        }
    }
}
