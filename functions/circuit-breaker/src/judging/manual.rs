use std::time::Duration;

use headgate_core::Timestamp;

use super::backend_state::BackendState;
use super::change::{ClosedBy, OpenedBy};
use super::judge::{Judgement, settle_all};
use super::moment::Moment;
use super::next_state::Named;
use super::rule_state::{Phase, RuleState, Trip};
use crate::backends::{Backend, RuleName};

/// How long a trip by hand lasts when nobody says.
pub const MANUAL_TRIP: Duration = Duration::from_secs(3_600);

/// Opens a backend by hand, under the rule name [`RuleName::MANUAL`], for `duration`.
///
/// It opens whether or not the backend has rules, and whatever they say. A trip by hand that is not over yet is given the
/// new end, without another `Opened`.
#[must_use]
pub fn trip(
    backend: &Backend,
    state: BackendState,
    duration: Duration,
    now: Timestamp,
) -> Judgement {
    let now = Moment::from(now);
    let mut judgement = settle_all(backend, state, now);
    let name = RuleName::manual();
    let under_way = judgement.state.rules.get(&name).and_then(|known| known.phase.trip());
    let trip = match under_way {
        Some(trip) => trip.prolonged(now, duration),
        None => {
            let trip = Trip::new(now, duration);
            let named = Named { backend: &backend.name, rule: &name };
            judgement.changes.push(named.opened(&trip, OpenedBy::Hand));
            trip
        }
    };
    let state = RuleState { phase: Phase::Open(trip), ..RuleState::default() };
    judgement.state.rules.insert(name, state);
    judgement
}

/// Closes a backend by hand: every rule closes and begins to count anew, so that outcomes measured before do not count.
#[must_use]
pub fn reset(backend: &Backend, state: BackendState, now: Timestamp) -> Judgement {
    let now = Moment::from(now);
    let mut judgement = settle_all(backend, state, now);
    let Judgement { state, changes } = &mut judgement;
    for (name, known) in &mut state.rules {
        let named = Named { backend: &backend.name, rule: name };
        let trip = known.phase.trip();
        changes.extend(trip.map(|trip| named.closed(trip, now, ClosedBy::Hand)));
        *known = RuleState { since: now, ..RuleState::default() };
    }
    // Rules that have not counted yet must not count what was measured before either.
    for rule in &backend.rules {
        let state_of_rule = state.rules.entry(rule.name.clone()).or_default();
        state_of_rule.since = now;
    }
    state.rules.retain(|name, _| !name.is_manual());
    judgement
}
