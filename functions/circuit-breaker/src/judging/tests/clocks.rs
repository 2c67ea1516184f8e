//! Clocks that are ahead, or are set back.

use super::support::{Breaker, at, half_open, outcome, rule};
use crate::backends::Threshold;
use crate::judging::{Admission, decide};

/// An hour after the start, so that clocks can be set back.
const HOUR: u64 = 3_600_000;

fn is_admitted(breaker: &Breaker, now: u64) -> bool {
    decide(&breaker.backend, &breaker.state, at(now)) == Admission::Admit
}

#[test]
fn an_instance_whose_clock_is_a_little_behind_counts_with_the_others() {
    let mut breaker = Breaker::of(vec![rule(Threshold::Count(3))]);
    breaker.call(500, HOUR);
    breaker.call(500, HOUR - 5_000);
    breaker.call(500, HOUR - 5_000);
    assert_eq!(breaker.heard(), ["Opened r 10s @3595000"]);
}

#[test]
fn it_stays_open_for_an_instance_whose_clock_is_a_little_behind() {
    let mut breaker = Breaker::of(vec![rule(Threshold::Count(1))]);
    breaker.call(500, HOUR);
    assert!(!is_admitted(&breaker, HOUR - 10_000));
    breaker.call(200, HOUR - 10_000);
    assert_eq!(breaker.heard(), ["Opened r 10s @3600000"]);
}

#[test]
fn a_trip_that_a_clock_far_ahead_began_is_not_believed() {
    let mut breaker = Breaker::of(vec![rule(Threshold::Count(1))]);
    breaker.call(500, HOUR);
    assert!(is_admitted(&breaker, HOUR - 10_001));
    breaker.tick(HOUR - 10_001);
    assert_eq!(breaker.heard(), ["Opened r 10s @3600000", "Closed r 10s @3589999"]);
    // Counting begins at the time of the clock that is right.
    breaker.call(500, HOUR - 10_000);
    assert_eq!(breaker.heard(), ["Opened r 10s @3590000"]);
}

#[test]
fn failures_that_a_clock_far_ahead_counted_are_not_believed() {
    let mut breaker = Breaker::of(vec![rule(Threshold::Count(2))]);
    breaker.call(500, HOUR);
    breaker.call(500, HOUR - 21_000);
    assert!(breaker.heard().is_empty());
    breaker.call(500, HOUR - 21_000);
    assert_eq!(breaker.heard(), ["Opened r 10s @3579000"]);
}

#[test]
fn an_end_of_a_trip_far_ahead_makes_the_rule_deaf_for_no_longer_than_its_interval() {
    let mut breaker = Breaker::of(vec![rule(Threshold::Count(1))]);
    breaker.call(500, HOUR - 10_000);
    breaker.tick(HOUR);
    breaker.heard();
    breaker.call(500, HOUR - 20_000);
    assert!(breaker.heard().is_empty(), "a clock behind by an interval is believed");
    breaker.call(500, HOUR - 20_001);
    assert_eq!(breaker.heard(), ["Opened r 10s @3579999"]);
}

#[test]
fn a_claim_far_ahead_takes_no_place() {
    let mut breaker = Breaker::of(vec![half_open(Threshold::Count(1), 1)]);
    breaker.call(500, 0);
    let claimed = crate::judging::claim_probe(&breaker.backend, breaker.state.clone(), at(HOUR));
    breaker.store(claimed.unwrap());
    assert_eq!(decide(&breaker.backend, &breaker.state, at(20_000)), Admission::Probe);
    breaker.take(outcome(200, 20_000), 20_000);
}
