//! Outcomes that come late, early or out of order.

use super::support::{Breaker, outcome, rule};
use crate::backends::Threshold;

#[test]
fn what_was_measured_before_the_last_trip_or_during_it_does_not_count() {
    let mut breaker = Breaker::of(vec![rule(Threshold::Count(2))]);
    breaker.take_batch(&[outcome(500, 5_000), outcome(500, 5_000)], 5_000);
    breaker.heard();
    for measured in [0, 4_999, 5_000, 5_001, 14_999] {
        breaker.take(outcome(500, measured), 16_000);
    }
    assert_eq!(breaker.heard(), ["Closed r 10s @15000"]);
    breaker.take(outcome(500, 15_000), 16_001);
    assert!(breaker.heard().is_empty());
    breaker.take(outcome(500, 15_001), 16_002);
    assert_eq!(breaker.heard(), ["Opened r 10s @16002"]);
}

#[test]
fn what_comes_while_it_is_open_does_not_count() {
    let mut breaker = Breaker::of(vec![rule(Threshold::Count(1))]);
    breaker.call(500, 0);
    let before = breaker.state.clone();
    breaker.call(500, 1);
    breaker.call(200, 2);
    assert_eq!(breaker.state, before);
}

#[test]
fn what_is_older_than_the_interval_does_not_count() {
    let mut breaker = Breaker::of(vec![rule(Threshold::Count(1))]);
    breaker.take(outcome(500, 0), 20_000);
    assert!(breaker.heard().is_empty());
    assert!(breaker.state.rules.is_empty());
}

#[test]
fn the_order_in_which_a_batch_stands_does_not_change_what_is_counted() {
    let outcomes: Vec<_> = (0..10).map(|second| outcome(500, second * 1_000)).collect();
    let reversed: Vec<_> = outcomes.iter().rev().cloned().collect();
    let state = |outcomes: &[_]| {
        let mut breaker = Breaker::of(vec![rule(Threshold::Count(100))]);
        breaker.take_batch(outcomes, 10_000);
        breaker.state
    };
    assert_eq!(state(&outcomes), state(&reversed));
}

#[test]
fn a_time_of_measuring_that_lies_ahead_is_taken_for_now() {
    let mut breaker = Breaker::of(vec![rule(Threshold::Count(2))]);
    breaker.take(outcome(500, 3_600_000), 0);
    // It went into the part of second 0, and is gone at second 20.
    breaker.call(500, 20_000);
    assert!(breaker.heard().is_empty());
}
