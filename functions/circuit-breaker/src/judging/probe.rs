use std::time::Duration;

use headgate_core::Timestamp;

use super::backend_state::BackendState;
use super::decide::{Admission, decide};
use super::judge::{Judgement, settle_all};
use super::moment::Moment;
use super::rule_state::{Phase, Trial};
use crate::backends::{Backend, HalfOpen};

/// How long a probe's outcome is waited for. A claim that is older gives its place to another.
pub const PROBE_PATIENCE: Duration = Duration::from_secs(60);

/// Claims one call to a half-open backend. The call may go out once the state is stored.
///
/// Any outcome that counts while the backend is half-open takes the place of the oldest claim, whoever measured it.
///
/// `None` when the backend may not be called: it is open, or all probes are under way.
#[must_use]
pub fn claim_probe(backend: &Backend, state: BackendState, now: Timestamp) -> Option<Judgement> {
    if let Admission::Refuse { .. } = decide(backend, &state, now) {
        return None;
    }
    let now = Moment::from(now);
    let mut judgement = settle_all(backend, state, now);
    for known in judgement.state.rules.values_mut() {
        if let Phase::HalfOpen(trial) = &mut known.phase {
            trial.claims.retain(|claim| is_alive(*claim, now));
            trial.claims.push(now);
            trial.claims.sort_unstable();
        }
    }
    Some(judgement)
}

/// How many probes may still go out.
pub(super) fn free_probes(trial: &Trial, HalfOpen { probes }: HalfOpen, now: Moment) -> u32 {
    let alive = trial.claims.iter().filter(|claim| is_alive(**claim, now)).count();
    let taken = u32::try_from(alive).unwrap_or(u32::MAX).saturating_add(trial.succeeded);
    probes.saturating_sub(taken)
}

/// A claim from further ahead than the patience comes from a wrong clock.
fn is_alive(claim: Moment, now: Moment) -> bool {
    now < claim.plus(PROBE_PATIENCE) && claim <= now.plus(PROBE_PATIENCE)
}
