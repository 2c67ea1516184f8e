use std::time::Duration;

use headgate_core::Timestamp;
use http::StatusCode;

use super::backend_state::BackendState;
use super::moment::Moment;
use super::probe::free_probes;
use super::rule_state::{Phase, RuleState, Trial};
use crate::backends::{Backend, Rule};

/// Whether a backend may be called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// It may.
    Admit,
    /// It may, once [`claim_probe`](super::claim_probe) is stored: the breaker is half-open.
    Probe,
    /// It may not.
    Refuse {
        /// What the caller gets.
        status: StatusCode,
        /// When the caller may try again; [`retry_after_seconds`](headgate_core::retry_after_seconds) of it make the header.
        retry_after: Duration,
    },
}

/// How one rule stands at some moment, whatever has been stored since.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Calls go out.
    Closed,
    /// No call goes out.
    Open {
        /// Until the trip is over.
        remaining: Duration,
    },
    /// Some calls go out.
    HalfOpen {
        /// How many more.
        free: u32,
    },
}

/// When to try again while all probes of a half-open breaker are under way.
const WHILE_PROBING: Duration = Duration::from_secs(1);

/// Decides whether a backend may be called.
///
/// It may not while any rule is open. Of several, the one that is open for longest gives status and time. A trip that is
/// over does not keep anybody out, even before somebody has stored that it closed.
#[must_use]
pub fn decide(backend: &Backend, state: &BackendState, now: Timestamp) -> Admission {
    let mut admission = Admission::Admit;
    for (name, known) in &state.rules {
        let rule = backend.rule(name);
        if rule.is_none() && !name.is_manual() {
            continue;
        }
        let status = rule.map_or(StatusCode::SERVICE_UNAVAILABLE, |rule| rule.failure_status);
        let refused = match standing(rule, known, now) {
            Standing::Closed => continue,
            Standing::Open { remaining } => remaining,
            Standing::HalfOpen { free: 0 } => WHILE_PROBING,
            Standing::HalfOpen { .. } => {
                if admission == Admission::Admit {
                    admission = Admission::Probe;
                }
                continue;
            }
        };
        admission = match admission {
            Admission::Refuse { retry_after, .. } if retry_after >= refused => admission,
            _ => Admission::Refuse { status, retry_after: refused },
        };
    }
    admission
}

/// Says how a rule stands. `rule` is `None` for the rule of a trip by hand.
#[must_use]
pub fn standing(rule: Option<&Rule>, state: &RuleState, now: Timestamp) -> Standing {
    let now = Moment::from(now);
    let half_open = rule.and_then(|rule| rule.half_open);
    match (&state.phase, half_open) {
        (Phase::Closed, _) | (Phase::HalfOpen(_), None) => Standing::Closed,
        (Phase::Open(trip), _) if !trip.is_over(now) => {
            Standing::Open { remaining: trip.until.since(now) }
        }
        (Phase::Open(_), None) => Standing::Closed,
        (Phase::Open(trip), Some(half_open)) => {
            let trial = Trial { trip: *trip, succeeded: 0, claims: Vec::new() };
            Standing::HalfOpen { free: free_probes(&trial, half_open, now) }
        }
        (Phase::HalfOpen(trial), Some(half_open)) => {
            Standing::HalfOpen { free: free_probes(trial, half_open, now) }
        }
    }
}
