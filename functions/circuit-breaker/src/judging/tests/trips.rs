//! When a rule trips, for how long, and that each trip is said once.

use super::support::{Breaker, asking, at, half_open, outcome, rule, said, with_minimum};
use crate::backends::{Rule, RuleName, Threshold};
use crate::judging::{
    Batch, Change, ClosedBy, OpenedBy, Outcome, RuleState, judge, next_state, retire,
};
use headgate_core::RetryAfter;

#[test]
fn failures_that_reach_the_count_open_it_once() {
    let mut breaker = Breaker::of(vec![rule(Threshold::Count(3))]);
    breaker.call(500, 0);
    breaker.call(200, 1);
    breaker.call(599, 2);
    assert!(breaker.heard().is_empty());
    breaker.call(503, 1_000);
    assert_eq!(breaker.heard(), ["Opened r 10s @1000"]);
    breaker.call(503, 1_001);
    breaker.call(503, 5_000);
    assert!(breaker.heard().is_empty());
}

#[test]
fn a_batch_says_what_its_outcomes_would_have_said_one_by_one() {
    let mut breaker = Breaker::of(vec![
        rule(Threshold::Count(2)),
        Rule { name: RuleName::parse("s").unwrap(), ..rule(Threshold::Count(3)) },
    ]);
    breaker.take_batch(&[outcome(500, 1), outcome(500, 0), outcome(200, 3), outcome(500, 2)], 4);
    assert_eq!(breaker.heard(), ["Opened r 10s @4", "Opened s 10s @4"]);
}

#[test]
fn a_share_of_failures_counts_from_its_percentage_on() {
    for (percentage, statuses, trips) in [
        (50, [200, 500].as_slice(), true),
        (51, &[200, 500], false),
        (34, &[200, 200, 500], false),
        (33, &[200, 200, 500], true),
        (100, &[500], true),
        (100, &[200, 500], false),
        (1, &[200, 200, 200, 500], true),
    ] {
        let mut breaker = Breaker::of(vec![rule(Threshold::Percentage(percentage))]);
        statuses.iter().for_each(|status| breaker.call(*status, 0));
        assert_eq!(!breaker.heard().is_empty(), trips, "{percentage} % of {statuses:?}");
    }
}

#[test]
fn with_fewer_calls_than_the_minimum_it_does_not_trip() {
    for threshold in [Threshold::Count(1), Threshold::Percentage(50)] {
        let mut breaker = Breaker::of(vec![with_minimum(threshold, 4)]);
        for _ in 0..3 {
            breaker.call(500, 0);
        }
        assert!(breaker.heard().is_empty());
        breaker.call(500, 0);
        assert_eq!(breaker.heard(), ["Opened r 10s @0"]);
    }
}

#[test]
fn a_success_trips_nothing_even_when_it_completes_the_minimum() {
    let mut breaker = Breaker::of(vec![with_minimum(Threshold::Percentage(50), 3)]);
    breaker.call(500, 0);
    breaker.call(500, 0);
    breaker.call(200, 0);
    assert!(breaker.heard().is_empty());
    breaker.call(500, 0);
    assert_eq!(breaker.heard(), ["Opened r 10s @0"]);
}

#[test]
fn a_healthy_backend_under_a_count_rule_leaves_its_state_as_it_is() {
    let breaker =
        Breaker::of(vec![rule(Threshold::Count(1)), with_minimum(Threshold::Count(5), 5)]);
    let outcomes = vec![outcome(200, 0); 100];
    let batch = Batch { id: None, outcomes: &outcomes };
    let judgement = judge(&breaker.backend, breaker.state.clone(), batch, at(0));
    assert_eq!(judgement.state, breaker.state);
}

#[test]
fn a_trip_that_is_over_closes_it_once_whoever_notices() {
    for tick in [true, false] {
        let mut breaker = Breaker::of(vec![rule(Threshold::Count(1))]);
        breaker.call(500, 0);
        breaker.heard();
        breaker.tick(9_999);
        assert!(breaker.heard().is_empty());
        if tick {
            breaker.tick(12_000)
        } else {
            breaker.call(200, 12_000)
        }
        assert_eq!(breaker.heard(), ["Closed r 10s @10000"]);
        breaker.tick(12_001);
        breaker.call(200, 12_002);
        assert!(breaker.heard().is_empty());
    }
}

#[test]
fn a_failure_after_the_trip_closes_it_and_counts_from_zero() {
    let mut breaker = Breaker::of(vec![rule(Threshold::Count(2))]);
    breaker.take_batch(&[outcome(500, 0), outcome(500, 0)], 0);
    breaker.heard();
    breaker.call(500, 10_000);
    assert_eq!(breaker.heard(), ["Closed r 10s @10000"]);
    breaker.call(500, 10_001);
    assert_eq!(breaker.heard(), ["Opened r 10s @10001"]);
}

#[test]
fn one_failure_can_close_a_trip_and_open_the_next() {
    let mut breaker = Breaker::of(vec![rule(Threshold::Count(1))]);
    breaker.call(500, 0);
    breaker.call(500, 11_000);
    assert_eq!(breaker.heard(), ["Opened r 10s @0", "Closed r 10s @10000", "Opened r 10s @11000"]);
}

#[test]
fn retry_after_replaces_the_trip_duration_where_the_rule_accepts_it() {
    let accepting = Rule { accept_retry_after: true, ..rule(Threshold::Count(2)) };
    for (rule, expected) in
        [(accepting, "Opened r 90s @5"), (rule(Threshold::Count(2)), "Opened r 10s @5")]
    {
        let mut breaker = Breaker::of(vec![rule]);
        // What counts is the response that trips, not one before.
        breaker.take(asking(0, 7), 0);
        breaker.take(asking(5, 90), 5);
        assert_eq!(breaker.heard(), [expected]);
    }
}

#[test]
fn a_retry_after_that_is_absent_zero_over_or_absurd_falls_back() {
    let dated = |seconds: u64| Outcome {
        retry_after: Some(RetryAfter::At(at(seconds * 1_000))),
        ..outcome(503, 60_000)
    };
    for (outcome, expected) in [
        (outcome(503, 60_000), "Opened r 10s @60000"),
        (asking(60_000, 0), "Opened r 10s @60000"),
        (asking(60_000, u64::MAX), "Opened r 10s @60000"),
        (dated(59), "Opened r 10s @60000"),
        (dated(60), "Opened r 10s @60000"),
        (dated(61), "Opened r 1s @60000"),
    ] {
        let accepting = Rule { accept_retry_after: true, ..rule(Threshold::Count(1)) };
        let mut breaker = Breaker::of(vec![accepting]);
        breaker.take(outcome, 60_000);
        assert_eq!(breaker.heard(), [expected]);
    }
}

#[test]
fn closed_repeats_the_trip_duration_of_its_opened() {
    let accepting = Rule { accept_retry_after: true, ..rule(Threshold::Count(1)) };
    let mut breaker = Breaker::of(vec![accepting]);
    breaker.take(asking(0, 3), 0);
    breaker.tick(60_000);
    assert_eq!(breaker.heard(), ["Opened r 3s @0", "Closed r 3s @3000"]);
}

#[test]
fn rules_trip_and_close_each_for_themselves() {
    let slow = Rule {
        name: RuleName::parse("slow").unwrap(),
        trip_duration: std::time::Duration::from_secs(30),
        ..rule(Threshold::Count(2))
    };
    let mut breaker = Breaker::of(vec![rule(Threshold::Count(1)), slow]);
    breaker.call(500, 0);
    breaker.call(500, 1);
    breaker.tick(40_000);
    assert_eq!(
        breaker.heard(),
        ["Opened r 10s @0", "Opened slow 30s @1", "Closed r 10s @10000", "Closed slow 30s @30001"]
    );
}

#[test]
fn a_rule_that_is_not_configured_any_more_is_forgotten_and_closes() {
    let mut breaker = Breaker::of(vec![rule(Threshold::Count(1))]);
    breaker.call(500, 0);
    breaker.heard();
    breaker.backend.rules.clear();
    breaker.tick(5);
    assert_eq!(breaker.heard(), ["Closed r 10s @5"]);
    assert!(breaker.state.rules.is_empty());
}

#[test]
fn a_backend_that_is_not_configured_any_more_closes_whatever_is_open() {
    let other = Rule { name: RuleName::parse("s").unwrap(), ..half_open(Threshold::Count(1), 1) };
    let mut breaker = Breaker::of(vec![rule(Threshold::Count(2)), other]);
    breaker.call(500, 0);
    breaker.tick(10_000);
    breaker.call(200, 10_001);
    breaker.call(500, 10_002);
    let changes = retire(&breaker.backend.name, &breaker.state, at(10_003));
    breaker.said.extend(changes.iter().map(said));
    assert_eq!(
        breaker.heard(),
        [
            "Opened s 10s @0",
            "Closed s 10s @10001",
            "Opened r 10s @10002",
            "Opened s 10s @10002",
            "Closed r 10s @10003",
            "Closed s 10s @10003",
        ]
    );
}

#[test]
fn an_interval_that_is_configured_anew_counts_from_zero() {
    let mut breaker = Breaker::of(vec![rule(Threshold::Count(2))]);
    breaker.call(500, 0);
    breaker.backend.rules[0].condition.interval = std::time::Duration::from_secs(40);
    breaker.call(500, 1);
    assert!(breaker.heard().is_empty());
    breaker.call(500, 2);
    assert_eq!(breaker.heard(), ["Opened r 10s @2"]);
}

#[test]
fn one_rule_alone_is_judged_the_same_and_says_why() {
    let breaker = Breaker::of(Vec::new());
    let name = &breaker.backend.name;
    let rule = Rule { accept_retry_after: true, ..rule(Threshold::Count(1)) };
    let (state, opened) = next_state(name, &rule, RuleState::default(), &asking(0, 5), at(0));
    assert!(matches!(&opened[..], [Change::Opened { by: OpenedBy::FailuresWithRetryAfter, .. }]));
    let (state, closed) = next_state(name, &rule, state, &outcome(200, 5_000), at(5_000));
    assert!(matches!(&closed[..], [Change::Closed { by: ClosedBy::Time, .. }]));
    assert!(state.phase.is_closed());
}
