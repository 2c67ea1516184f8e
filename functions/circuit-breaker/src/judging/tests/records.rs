//! What a state looks like in the store.

use super::support::{Breaker, half_open, outcome, rule, with_id};
use crate::backends::{Rule, RuleName, Threshold};
use crate::judging::{BackendState, RECENT_IDS};

fn written(breaker: &Breaker) -> String {
    serde_json::to_string(&breaker.state).unwrap()
}

#[test]
fn the_record_of_version_1_looks_like_this() {
    let mut breaker = Breaker::of(vec![half_open(Threshold::Count(2), 2)]);
    assert_eq!(written(&breaker), r#"{"v":1}"#);
    breaker.take(with_id(outcome(500, 0), "1"), 0);
    assert_eq!(
        written(&breaker),
        r#"{"v":1,"r":{"r":{"w":[1000,[[1795219200,1,1]]]}},"i":"j6X_3Id5Om0"}"#
    );
    breaker.call(500, 1);
    assert_eq!(
        written(&breaker),
        r#"{"v":1,"r":{"r":{"p":{"o":{"o":1795219200001,"f":1795219200001,"u":1795219210001,"d":10000}}}},"i":"j6X_3Id5Om0"}"#
    );
    breaker.call(200, 20_000);
    assert_eq!(
        written(&breaker),
        r#"{"v":1,"r":{"r":{"s":1795219210001,"w":[1000,[[1795219220,1,0]]],"p":{"h":{"t":{"o":1795219200001,"f":1795219200001,"u":1795219210001,"d":10000},"n":1}}}},"i":"j6X_3Id5Om0"}"#
    );
}

#[test]
fn a_record_of_another_version_does_not_read() {
    let error = serde_json::from_str::<BackendState>(r#"{"v":2,"x":[]}"#).unwrap_err();
    assert!(
        error.to_string().starts_with("the record is of version 2; this is version 1"),
        "{error}"
    );
    for malformed in ["{}", "[]", "null", r#"{"v":1,"r":[]}"#, r#"{"v":1,"i":"!"}"#] {
        assert!(serde_json::from_str::<BackendState>(malformed).is_err(), "{malformed}");
    }
}

#[test]
fn the_largest_record_stays_within_ten_kilobytes() {
    let rules = (0..15)
        .map(|number| Rule {
            name: RuleName::parse(&format!("rule-{number}")).unwrap(),
            ..rule(Threshold::Percentage(100))
        })
        .collect();
    let mut breaker = Breaker::of(rules);
    for number in 0..2_000_u64 {
        let status = if number == 0 { 200 } else { 400 + 100 * u16::from(number % 40 == 1) };
        let now = number * 500;
        breaker.take(with_id(outcome(status, now), &number.to_string()), now);
    }
    let length = written(&breaker).len();
    assert!((RECENT_IDS * 10..10_000).contains(&length), "{length}");
}
