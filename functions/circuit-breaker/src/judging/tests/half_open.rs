//! The half-open state, which is off unless it is configured.

use super::support::{Breaker, asking, at, half_open, outcome};
use crate::backends::{Rule, Threshold};
use crate::judging::{Admission, PROBE_PATIENCE, claim_probe, decide};

fn tripped(probes: u32) -> Breaker {
    let mut breaker = Breaker::of(vec![half_open(Threshold::Count(1), probes)]);
    breaker.call(500, 0);
    assert_eq!(breaker.heard(), ["Opened r 10s @0"]);
    breaker
}

fn admission(breaker: &Breaker, now: u64) -> Admission {
    decide(&breaker.backend, &breaker.state, at(now))
}

fn claim(breaker: &mut Breaker, now: u64) -> bool {
    let claimed = claim_probe(&breaker.backend, breaker.state.clone(), at(now));
    claimed.map(|judgement| breaker.store(judgement)).is_some()
}

fn is_refused(admission: Admission) -> bool {
    matches!(admission, Admission::Refuse { .. })
}

#[test]
fn it_closes_once_as_many_probes_as_configured_have_succeeded() {
    let mut breaker = tripped(2);
    breaker.tick(60_000);
    assert!(breaker.heard().is_empty());
    assert!(claim(&mut breaker, 60_000));
    breaker.call(200, 60_010);
    assert!(breaker.heard().is_empty());
    assert!(claim(&mut breaker, 60_020));
    breaker.call(204, 60_030);
    assert_eq!(breaker.heard(), ["Closed r 10s @60030"]);
    assert_eq!(admission(&breaker, 60_030), Admission::Admit);
}

#[test]
fn a_probe_that_fails_opens_it_again_without_another_event() {
    let mut breaker = tripped(1);
    breaker.call(500, 10_000);
    assert!(breaker.heard().is_empty());
    assert!(is_refused(admission(&breaker, 19_999)));
    assert_eq!(admission(&breaker, 20_000), Admission::Probe);
    breaker.call(200, 20_000);
    assert_eq!(breaker.heard(), ["Closed r 10s @20000"]);
}

#[test]
fn a_probe_that_fails_may_say_for_how_long() {
    let mut breaker =
        Breaker::of(vec![Rule { accept_retry_after: true, ..half_open(Threshold::Count(1), 1) }]);
    breaker.call(500, 0);
    breaker.take(asking(10_000, 100), 10_000);
    assert!(is_refused(admission(&breaker, 109_999)));
    assert_eq!(admission(&breaker, 110_000), Admission::Probe);
    breaker.call(200, 110_000);
    // The trip is the one that began with the Opened, and repeats what that said.
    assert_eq!(breaker.heard(), ["Opened r 10s @0", "Closed r 10s @110000"]);
}

#[test]
fn no_more_probes_go_out_than_are_configured() {
    let mut breaker = tripped(2);
    assert_eq!(admission(&breaker, 10_000), Admission::Probe);
    assert!(claim(&mut breaker, 10_000));
    assert!(claim(&mut breaker, 10_001));
    assert!(is_refused(admission(&breaker, 10_002)));
    assert!(!claim(&mut breaker, 10_002));
    // One that succeeded keeps its place: one more success is all that is needed.
    breaker.call(200, 10_003);
    assert!(!claim(&mut breaker, 10_004));
    breaker.call(200, 10_005);
    assert_eq!(admission(&breaker, 10_005), Admission::Admit);
}

#[test]
fn a_probe_whose_outcome_does_not_come_gives_its_place_up() {
    let patience = u64::try_from(PROBE_PATIENCE.as_millis()).unwrap();
    let mut breaker = tripped(1);
    assert!(claim(&mut breaker, 10_000));
    assert!(!claim(&mut breaker, 10_000 + patience - 1));
    assert!(claim(&mut breaker, 10_000 + patience));
}

#[test]
fn an_outcome_from_before_the_trip_was_over_is_no_probe() {
    let mut breaker = tripped(1);
    breaker.take(outcome(200, 9_999), 10_500);
    assert!(breaker.heard().is_empty());
    assert_eq!(admission(&breaker, 10_500), Admission::Probe);
    breaker.take(outcome(200, 10_000), 10_500);
    assert_eq!(breaker.heard(), ["Closed r 10s @10500"]);
}

#[test]
fn calls_that_closed_it_count_in_the_interval_that_follows() {
    let mut breaker = Breaker::of(vec![half_open(Threshold::Percentage(60), 1)]);
    breaker.call(500, 0);
    breaker.call(200, 10_000);
    breaker.heard();
    // One success and one failure are 50 %.
    breaker.call(500, 10_001);
    assert!(breaker.heard().is_empty());
    breaker.call(500, 10_002);
    assert_eq!(breaker.heard(), ["Opened r 10s @10002"]);
}

#[test]
fn a_rule_that_is_half_open_and_not_configured_so_any_more_closes() {
    let mut breaker = tripped(1);
    breaker.tick(11_000);
    breaker.backend.rules[0].half_open = None;
    assert_eq!(admission(&breaker, 11_000), Admission::Admit);
    breaker.tick(12_000);
    assert_eq!(breaker.heard(), ["Closed r 10s @10000"]);
}

#[test]
fn claiming_while_open_is_refused_and_while_closed_changes_nothing() {
    let mut breaker = tripped(1);
    assert!(!claim(&mut breaker, 5_000));
    let healthy = Breaker::of(vec![half_open(Threshold::Count(1), 1)]);
    let claimed = claim_probe(&healthy.backend, healthy.state.clone(), at(0)).unwrap();
    assert_eq!(claimed.state, healthy.state);
}
