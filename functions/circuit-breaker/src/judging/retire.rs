use headgate_core::Timestamp;

use super::backend_state::BackendState;
use super::change::{Change, ClosedBy};
use super::moment::Moment;
use super::next_state::Named;
use crate::backends::BackendName;

/// Says what closes when a backend is not configured any more and its record is emptied: every trip that has not been
/// said to be over.
#[must_use]
pub fn retire(backend: &BackendName, state: &BackendState, now: Timestamp) -> Vec<Change> {
    let now = Moment::from(now);
    let trips = state.rules.iter().filter_map(|(rule, known)| Some((rule, known.phase.trip()?)));
    trips
        .map(|(rule, trip)| Named { backend, rule }.closed(trip, now, ClosedBy::RuleRemoved))
        .collect()
}
