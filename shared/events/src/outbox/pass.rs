use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use headgate_core::Timestamp;

use super::limits::{Deliveries, Limits};

/// After so many failures of a sink in a row, a round asks it no more: it is down, and each attempt counts (contracts §3.6).
const PATIENCE: usize = 10;

/// One round of deliveries under way.
pub(super) struct Pass {
    limits: Limits,
    until: Timestamp,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    attempts: usize,
    failures_in_a_row: BTreeMap<String, usize>,
    done: Deliveries,
}

/// What became of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Became {
    Delivered,
    Failed,
    DeadLetter,
}

impl Pass {
    pub(super) fn begin(limits: Limits, now: Timestamp) -> Self {
        Self { limits, until: now.plus(limits.time), state: Mutex::default() }
    }

    /// Whether another entry may be begun.
    pub(super) fn goes_on(&self, now: Timestamp) -> bool {
        now < self.until && self.state().attempts < self.limits.attempts
    }

    /// Whether a sink is to be asked in this round.
    pub(super) fn asks(&self, sink: &str) -> bool {
        self.state().failures_in_a_row.get(sink).is_none_or(|failures| *failures < PATIENCE)
    }

    pub(super) fn begins_attempts(&self, attempts: usize) {
        self.state().attempts += attempts;
    }

    pub(super) fn ended(&self, sink: &str, became: Became) {
        let mut state = self.state();
        match became {
            Became::Delivered => {
                state.done.delivered += 1;
                state.failures_in_a_row.remove(sink);
            }
            Became::Failed => {
                state.done.failed += 1;
                *state.failures_in_a_row.entry(sink.to_owned()).or_default() += 1;
            }
            Became::DeadLetter => state.done.dead_lettered += 1,
        }
    }

    pub(super) fn done(&self) -> Deliveries {
        self.state().done
    }

    /// Never held across an await.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
