use std::time::Duration;

use headgate_core::Timestamp;

use super::change::{Change, ClosedBy, OpenedBy};
use super::failure::is_failure;
use super::moment::Moment;
use super::outcome::Outcome;
use super::retry_after::believed;
use super::rule_state::{Phase, RuleState, Trial, Trip};
use super::window::needs_all_calls;
use crate::backends::{BackendName, HalfOpen, Rule, RuleName};

/// Decides what an outcome does to one rule of a backend.
///
/// - A trip that is over ends first: the rule closes, or becomes half-open.
/// - An outcome counts when the rule is not open, and when it was measured after the last trip was over and within the
///   rule's interval. A time of measuring ahead of `now` is taken for `now`.
/// - A failure trips a closed rule when the failures within the interval reach the threshold, over at least as many calls
///   as the rule's minimum. A success trips nothing.
/// - The trip lasts as long as the rule says, or, if the rule accepts that, as long as the outcome's `Retry-After`.
/// - A half-open rule closes once enough calls succeeded, and opens again, without another `Opened`, when one fails.
///
/// The changes are none, one, or `Closed` and then `Opened`.
#[must_use]
pub fn next_state(
    backend: &BackendName,
    rule: &Rule,
    mut state: RuleState,
    outcome: &Outcome,
    now: Timestamp,
) -> (RuleState, Vec<Change>) {
    let mut changes = Vec::new();
    let named = Named { backend, rule: &rule.name };
    let now = Moment::from(now);
    settle(named, Some(rule), &mut state, now, &mut changes);
    count(named, rule, &mut state, outcome, now, &mut changes);
    (state, changes)
}

/// What a change is called by.
#[derive(Clone, Copy)]
pub(super) struct Named<'a> {
    pub(super) backend: &'a BackendName,
    pub(super) rule: &'a RuleName,
}

impl Named<'_> {
    pub(super) fn opened(self, trip: &Trip, by: OpenedBy) -> Change {
        Change::Opened {
            backend: self.backend.clone(),
            rule: self.rule.clone(),
            trip_duration: trip.duration(),
            at: trip.opened_at.timestamp(),
            by,
        }
    }

    pub(super) fn closed(self, trip: &Trip, at: Moment, by: ClosedBy) -> Change {
        Change::Closed {
            backend: self.backend.clone(),
            rule: self.rule.clone(),
            trip_duration: trip.duration(),
            at: at.timestamp(),
            by,
        }
    }
}

/// Ends a trip that is over: it closes, or becomes half-open. `rule` is `None` for the rule of a trip by hand.
pub(super) fn settle(
    named: Named<'_>,
    rule: Option<&Rule>,
    state: &mut RuleState,
    now: Moment,
    changes: &mut Vec<Change>,
) {
    let half_open = rule.and_then(|rule| rule.half_open);
    match &state.phase {
        Phase::Open(trip) if trip.is_over(now) => {
            let trip = *trip;
            state.since = trip.end(now);
            if half_open.is_some() {
                state.phase = Phase::HalfOpen(Trial { trip, succeeded: 0, claims: Vec::new() });
            } else {
                state.phase = Phase::Closed;
                changes.push(named.closed(&trip, state.since, ClosedBy::Time));
            }
        }
        // The rule was configured half-open and is not any more.
        Phase::HalfOpen(trial) if half_open.is_none() => {
            changes.push(named.closed(&trial.trip, state.since, ClosedBy::Time));
            state.phase = Phase::Closed;
        }
        Phase::Closed | Phase::Open(_) | Phase::HalfOpen(_) => {}
    }
}

/// Counts an outcome, and says whether the state is another now.
pub(super) fn count(
    named: Named<'_>,
    rule: &Rule,
    state: &mut RuleState,
    outcome: &Outcome,
    now: Moment,
    changes: &mut Vec<Change>,
) -> bool {
    let at = Moment::from(outcome.at).min(now);
    let interval = rule.condition.interval;
    // An end of a trip further ahead than an interval comes from a wrong clock.
    let is_late = at < state.since && state.since <= now.plus(interval);
    let failed = is_failure(rule, outcome);
    match &mut state.phase {
        Phase::Open(_) => false,
        _ if is_late => false,
        Phase::Closed if !failed && !needs_all_calls(&rule.condition) => false,
        Phase::Closed => {
            if !state.window.add(&rule.condition, at, failed, now) {
                return false;
            }
            if failed && state.window.trips(&rule.condition, now) {
                let (duration, by) = trip_duration(rule, outcome, now);
                let trip = Trip::new(now, duration);
                changes.push(named.opened(&trip, by));
                open(state, trip);
            }
            true
        }
        Phase::HalfOpen(trial) => {
            if !state.window.add(&rule.condition, at, failed, now) {
                return false;
            }
            if !trial.claims.is_empty() {
                trial.claims.remove(0);
            }
            if failed {
                let trip = trial.trip.prolonged(now, trip_duration(rule, outcome, now).0);
                open(state, trip);
                return true;
            }
            trial.succeeded = trial.succeeded.saturating_add(1);
            let needed = rule.half_open.map_or(1, |HalfOpen { probes }| probes);
            if trial.succeeded >= needed {
                changes.push(named.closed(&trial.trip, now, ClosedBy::Probes));
                state.phase = Phase::Closed;
            }
            true
        }
    }
}

fn open(state: &mut RuleState, trip: Trip) {
    state.window.clear();
    state.phase = Phase::Open(trip);
}

fn trip_duration(rule: &Rule, outcome: &Outcome, now: Moment) -> (Duration, OpenedBy) {
    let asked = outcome.retry_after.filter(|_| rule.accept_retry_after);
    match asked.and_then(|retry_after| believed(retry_after, now.timestamp())) {
        Some(duration) => (duration, OpenedBy::FailuresWithRetryAfter),
        None => (rule.trip_duration, OpenedBy::Failures),
    }
}
