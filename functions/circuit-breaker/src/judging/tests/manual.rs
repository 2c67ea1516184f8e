//! Trips and resets by hand.

use std::time::Duration;

use super::support::{Breaker, at, half_open, outcome, rule};
use crate::backends::Threshold;
use crate::judging::{Admission, MANUAL_TRIP, decide, reset, trip};

fn trip_by_hand(breaker: &mut Breaker, duration: Duration, now: u64) {
    breaker.store(trip(&breaker.backend, breaker.state.clone(), duration, at(now)));
}

fn reset_by_hand(breaker: &mut Breaker, now: u64) {
    breaker.store(reset(&breaker.backend, breaker.state.clone(), at(now)));
}

#[test]
fn a_trip_by_hand_opens_a_backend_without_rules_and_closes_by_itself() {
    let mut breaker = Breaker::of(Vec::new());
    trip_by_hand(&mut breaker, MANUAL_TRIP, 0);
    let Admission::Refuse { status, retry_after } =
        decide(&breaker.backend, &breaker.state, at(600_000))
    else {
        panic!("it is open");
    };
    assert_eq!((status.as_u16(), retry_after.as_secs()), (503, 3_000));
    breaker.tick(3_600_000);
    assert_eq!(breaker.heard(), ["Opened manual 3600s @0", "Closed manual 3600s @3600000"]);
    assert!(breaker.state.rules.is_empty());
}

#[test]
fn a_second_trip_by_hand_moves_the_end_without_another_event() {
    let mut breaker = Breaker::of(Vec::new());
    trip_by_hand(&mut breaker, Duration::from_secs(60), 0);
    trip_by_hand(&mut breaker, Duration::from_secs(10), 1_000);
    breaker.tick(11_000);
    assert_eq!(breaker.heard(), ["Opened manual 60s @0", "Closed manual 60s @11000"]);
}

#[test]
fn rules_go_on_counting_beside_a_trip_by_hand() {
    let mut breaker = Breaker::of(vec![rule(Threshold::Count(1))]);
    trip_by_hand(&mut breaker, Duration::from_secs(5), 0);
    breaker.call(500, 1);
    breaker.tick(20_000);
    assert_eq!(
        breaker.heard(),
        ["Opened manual 5s @0", "Opened r 10s @1", "Closed manual 5s @5000", "Closed r 10s @10001"]
    );
}

#[test]
fn a_reset_closes_every_rule_that_is_open_or_half_open() {
    let other = crate::backends::Rule {
        name: crate::backends::RuleName::parse("other").unwrap(),
        ..half_open(Threshold::Count(1), 3)
    };
    let mut breaker = Breaker::of(vec![rule(Threshold::Count(1)), other]);
    breaker.call(500, 0);
    breaker.call(500, 15_000);
    trip_by_hand(&mut breaker, MANUAL_TRIP, 15_000);
    breaker.heard();
    breaker.tick(26_000);
    assert_eq!(breaker.heard(), ["Closed r 10s @25000"]);
    breaker.call(500, 26_000);
    breaker.heard();
    reset_by_hand(&mut breaker, 26_001);
    assert_eq!(
        breaker.heard(),
        ["Closed manual 3600s @26001", "Closed other 10s @26001", "Closed r 10s @26001"]
    );
    assert_eq!(decide(&breaker.backend, &breaker.state, at(26_001)), Admission::Admit);
}

#[test]
fn what_was_measured_before_a_reset_does_not_count() {
    let mut breaker = Breaker::of(vec![rule(Threshold::Count(2))]);
    breaker.call(500, 0);
    reset_by_hand(&mut breaker, 1_000);
    breaker.take(outcome(500, 999), 1_001);
    breaker.call(500, 1_002);
    assert!(breaker.heard().is_empty());
    breaker.call(500, 1_003);
    assert_eq!(breaker.heard(), ["Opened r 10s @1003"]);
}
