//! Outcomes and batches that are reported twice.

use super::support::{Breaker, at, outcome, rule, with_id};
use crate::backends::Threshold;
use crate::judging::{Batch, OutcomeId, RECENT_IDS, judge};

#[test]
fn an_outcome_that_is_reported_again_does_not_count_again() {
    let mut breaker = Breaker::of(vec![rule(Threshold::Count(2))]);
    let failure = with_id(outcome(500, 0), "1");
    breaker.take_batch(&[failure.clone(), failure.clone()], 0);
    breaker.take(failure, 1);
    assert!(breaker.heard().is_empty());
    breaker.take(with_id(outcome(500, 0), "2"), 2);
    assert_eq!(breaker.heard(), ["Opened r 10s @2"]);
}

#[test]
fn two_sources_may_use_the_same_id() {
    assert_ne!(OutcomeId::of("one", "1"), OutcomeId::of("two", "1"));
}

#[test]
fn a_batch_that_is_judged_again_does_not_count_again_whatever_its_outcomes_have() {
    let mut breaker = Breaker::of(vec![rule(Threshold::Count(1_000))]);
    let outcomes = vec![outcome(500, 0); 400];
    let batch = Batch { id: Some(OutcomeId::of("instance", "7")), outcomes: &outcomes };
    breaker.store(judge(&breaker.backend, breaker.state.clone(), batch, at(0)));
    let once = breaker.state.clone();
    breaker.store(judge(&breaker.backend, breaker.state.clone(), batch, at(1)));
    assert_eq!(breaker.state, once);
}

#[test]
fn a_batch_that_is_judged_again_still_ends_a_trip() {
    let mut breaker = Breaker::of(vec![rule(Threshold::Count(1))]);
    let outcomes = [outcome(500, 0)];
    let batch = Batch { id: Some(OutcomeId::of("instance", "7")), outcomes: &outcomes };
    breaker.store(judge(&breaker.backend, breaker.state.clone(), batch, at(0)));
    breaker.store(judge(&breaker.backend, breaker.state.clone(), batch, at(10_000)));
    assert_eq!(breaker.heard(), ["Opened r 10s @0", "Closed r 10s @10000"]);
}

#[test]
fn an_id_is_forgotten_after_as_many_others_as_are_remembered() {
    let mut breaker = Breaker::of(vec![rule(Threshold::Count(1_000))]);
    let numbered: Vec<_> =
        (0..=RECENT_IDS).map(|number| with_id(outcome(500, 0), &number.to_string())).collect();
    breaker.take_batch(&numbered, 0);
    let before = breaker.state.clone();
    breaker.take_batch(&numbered[1..], 0);
    assert_eq!(breaker.state, before);
    breaker.take_batch(&numbered[..1], 0);
    assert_ne!(breaker.state, before);
}

#[test]
fn an_outcome_that_made_no_difference_is_not_remembered() {
    let mut breaker = Breaker::of(vec![rule(Threshold::Count(1))]);
    breaker.take(with_id(outcome(200, 0), "1"), 0);
    breaker.take(with_id(outcome(500, 0), "old"), 60_000);
    assert!(breaker.state.recent.is_empty());
}
