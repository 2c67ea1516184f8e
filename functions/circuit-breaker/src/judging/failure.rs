use super::outcome::Outcome;
use crate::backends::Rule;

/// Decides whether an outcome counts as a failure under a rule: its status lies in one of the ranges, or its error reason
/// is one of those listed, without regard to case.
#[must_use]
pub fn is_failure(rule: &Rule, outcome: &Outcome) -> bool {
    let condition = &rule.condition;
    let in_range = outcome.status.is_some_and(|status| {
        condition.status_code_ranges.iter().any(|range| range.contains(status))
    });
    let is_listed = outcome
        .error_reason
        .as_ref()
        .is_some_and(|reason| condition.error_reasons.contains(reason));
    in_range || is_listed
}
