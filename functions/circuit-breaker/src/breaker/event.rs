use headgate_core::Random;
use headgate_events::apim::{
    BreakerRule, Envelope, circuit_breaker_closed, circuit_breaker_opened,
};
use headgate_events::{Event, EventErrorKind, event_id};

use crate::judging::Change;

/// Makes the event that says a change (contracts §1.3), with an id of its own.
///
/// # Errors
///
/// [`EventErrorKind`] when a name cannot stand in an event; no configured name cannot.
pub(super) fn event(
    change: &Change,
    source: &str,
    random: &impl Random,
) -> Result<Event, EventErrorKind> {
    let envelope = Envelope { id: event_id(random), source, time: change.at() };
    let rule = BreakerRule {
        backend: change.backend().as_str(),
        rule: change.rule().as_str(),
        trip_duration: change.trip_duration(),
    };
    match change {
        Change::Opened { .. } => circuit_breaker_opened(envelope, &rule),
        Change::Closed { .. } => circuit_breaker_closed(envelope, &rule),
    }
}
