use headgate_core::Timestamp;

use super::backend_state::BackendState;
use super::change::{Change, ClosedBy};
use super::moment::Moment;
use super::next_state::{Named, count, settle};
use super::outcome::{Outcome, OutcomeId};
use super::rule_state::RuleState;
use crate::backends::Backend;

/// Outcomes that are judged and stored together.
#[derive(Clone, Copy, Debug, Default)]
pub struct Batch<'a> {
    /// What tells the batch from others: a batch that was counted does not count again, whatever ids its outcomes have.
    /// It takes one place among the recent ids, however many outcomes there are.
    pub id: Option<OutcomeId>,
    /// The outcomes, in any order.
    pub outcomes: &'a [Outcome],
}

/// What a judgement comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// The state to store. When it equals the one before, there is nothing to store.
    pub state: BackendState,
    /// What happened, in order. It happened once the state is stored.
    pub changes: Vec<Change>,
}

/// Decides what a batch of outcomes does to a backend: every rule counts every outcome, as
/// [`next_state`](super::next_state) says.
///
/// Trips that are over end first, also with an empty batch: that is what a tick does. A rule that is not configured any
/// more is forgotten, and closes if it was open. An outcome with an id that is among the recent ones does not count; the ids
/// of outcomes that made no difference are not remembered. The result depends on nothing but the arguments.
#[must_use]
pub fn judge(
    backend: &Backend,
    state: BackendState,
    batch: Batch<'_>,
    now: Timestamp,
) -> Judgement {
    let now = Moment::from(now);
    let mut judgement = settle_all(backend, state, now);
    let Judgement { state, changes } = &mut judgement;
    if batch.id.is_some_and(|id| state.recent.contains(id)) {
        return judgement;
    }
    let mut any = false;
    for outcome in batch.outcomes {
        if outcome.id.is_some_and(|id| state.recent.contains(id)) {
            continue;
        }
        let mut counted = false;
        for rule in &backend.rules {
            let named = Named { backend: &backend.name, rule: &rule.name };
            if let Some(known) = state.rules.get_mut(&rule.name) {
                counted |= count(named, rule, known, outcome, now, changes);
            } else {
                let mut fresh = RuleState::default();
                if count(named, rule, &mut fresh, outcome, now, changes) {
                    state.rules.insert(rule.name.clone(), fresh);
                    counted = true;
                }
            }
        }
        if let Some(id) = outcome.id.filter(|_| counted) {
            state.recent.remember(id);
        }
        any |= counted;
    }
    if let Some(id) = batch.id.filter(|_| any) {
        state.recent.remember(id);
    }
    judgement
}

/// Ends the trips that are over, and forgets rules that are not configured.
pub(super) fn settle_all(backend: &Backend, mut state: BackendState, now: Moment) -> Judgement {
    let mut changes = Vec::new();
    state.rules.retain(|name, known| {
        let named = Named { backend: &backend.name, rule: name };
        let rule = backend.rule(name);
        if rule.is_none() && !name.is_manual() {
            let trip = known.phase.trip();
            changes.extend(trip.map(|trip| named.closed(trip, now, ClosedBy::RuleRemoved)));
            return false;
        }
        settle(named, rule, known, now, &mut changes);
        rule.is_some() || !known.phase.is_closed()
    });
    Judgement { state, changes }
}
