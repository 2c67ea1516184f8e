//! Whether a call may go out.

use std::time::Duration;

use http::StatusCode;

use super::support::{Breaker, at, half_open, rule};
use crate::backends::{Rule, RuleName, Threshold};
use crate::judging::{Admission, BackendState, Standing, decide, standing};

fn decided(breaker: &Breaker, now: u64) -> Admission {
    decide(&breaker.backend, &breaker.state, at(now))
}

#[test]
fn nothing_known_is_closed() {
    let breaker = Breaker::of(vec![rule(Threshold::Count(1))]);
    assert_eq!(decide(&breaker.backend, &BackendState::default(), at(0)), Admission::Admit);
}

#[test]
fn it_is_refused_until_the_very_end_of_the_trip_and_admitted_before_anybody_stored_that() {
    let mut breaker = Breaker::of(vec![rule(Threshold::Count(1))]);
    breaker.call(500, 0);
    let refused = |seconds: u64, millis: u32| Admission::Refuse {
        status: StatusCode::SERVICE_UNAVAILABLE,
        retry_after: Duration::new(seconds, millis * 1_000_000),
    };
    assert_eq!(decided(&breaker, 0), refused(10, 0));
    assert_eq!(decided(&breaker, 9_999), refused(0, 1));
    assert_eq!(decided(&breaker, 10_000), Admission::Admit);
}

#[test]
fn of_several_open_rules_the_one_that_is_open_for_longest_answers() {
    let long = Rule {
        name: RuleName::parse("a").unwrap(),
        trip_duration: Duration::from_secs(30),
        failure_status: StatusCode::GATEWAY_TIMEOUT,
        ..rule(Threshold::Count(1))
    };
    let mut breaker = Breaker::of(vec![rule(Threshold::Count(1)), long]);
    breaker.call(500, 0);
    let expected = Admission::Refuse {
        status: StatusCode::GATEWAY_TIMEOUT,
        retry_after: Duration::from_secs(29),
    };
    assert_eq!(decided(&breaker, 1_000), expected);
}

#[test]
fn a_rule_that_is_open_keeps_a_half_open_one_from_probing() {
    let other = Rule { name: RuleName::parse("a").unwrap(), ..half_open(Threshold::Count(1), 1) };
    let longer = Rule { trip_duration: Duration::from_secs(30), ..rule(Threshold::Count(1)) };
    let mut breaker = Breaker::of(vec![other, longer]);
    breaker.call(500, 0);
    assert!(matches!(decided(&breaker, 10_000), Admission::Refuse { .. }));
    assert_eq!(decided(&breaker, 30_000), Admission::Probe);
}

#[test]
fn a_rule_that_is_not_configured_keeps_nobody_out() {
    let mut breaker = Breaker::of(vec![rule(Threshold::Count(1))]);
    breaker.call(500, 0);
    breaker.backend.rules.clear();
    assert_eq!(decided(&breaker, 1), Admission::Admit);
}

#[test]
fn a_rule_says_how_it_stands() {
    let mut breaker = Breaker::of(vec![half_open(Threshold::Count(1), 3)]);
    breaker.call(500, 0);
    let rule = &breaker.backend.rules[0];
    let stands = |now| standing(Some(rule), &breaker.state.rules[&rule.name], at(now));
    assert_eq!(stands(4_000), Standing::Open { remaining: Duration::from_secs(6) });
    assert_eq!(stands(10_000), Standing::HalfOpen { free: 3 });
}
