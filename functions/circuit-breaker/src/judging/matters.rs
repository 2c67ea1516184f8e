use super::backend_state::BackendState;
use super::failure::is_failure;
use super::outcome::Outcome;
use super::window::needs_all_calls;
use crate::backends::Backend;

/// Decides whether an outcome is worth judging: some rule counts it, or a trip has not been said to be over.
///
/// Judging any other outcome leaves the state as it is.
#[must_use]
pub fn matters(backend: &Backend, state: Option<&BackendState>, outcome: &Outcome) -> bool {
    let is_under_way =
        |state: &BackendState| state.rules.values().any(|rule| !rule.phase.is_closed());
    state.is_some_and(is_under_way)
        || backend
            .rules
            .iter()
            .any(|rule| needs_all_calls(&rule.condition) || is_failure(rule, outcome))
}
