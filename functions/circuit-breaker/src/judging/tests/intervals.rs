//! How exactly an interval is counted.

use super::support::{Breaker, START, at, outcome, rule};
use crate::backends::Threshold;
use crate::judging::{Counts, Moment, PARTS, Window};

const SECOND: u64 = 1_000;

#[test]
fn a_failure_stops_counting_with_its_part_and_never_after_the_interval() {
    // Parts of 1 s. A failure at 0.9 s counts until 20 s, when its part is 20 parts old: 19.1 s after it was measured.
    for (second, trips) in [(19_999, true), (20_000, false), (20_900, false)] {
        let mut breaker = Breaker::of(vec![rule(Threshold::Count(2))]);
        breaker.call(500, 900);
        breaker.call(500, second);
        assert_eq!(!breaker.heard().is_empty(), trips, "{second}");
    }
}

#[test]
fn failures_slide_out_one_part_after_another() {
    let mut breaker = Breaker::of(vec![rule(Threshold::Count(100))]);
    for second in 0..20 {
        breaker.call(500, second * SECOND);
    }
    let counts = |breaker: &Breaker, second: u64| {
        let rule = &breaker.backend.rules[0];
        let window = &breaker.state.rules[&rule.name].window;
        window.counts(&rule.condition, Moment::from_millis(START + second * SECOND)).failures
    };
    for (second, expected) in [(19, 20), (20, 19), (29, 10), (38, 1), (39, 0), (1_000, 0)] {
        assert_eq!(counts(&breaker, second), expected, "{second}");
    }
}

#[test]
fn calls_that_are_reported_late_go_into_the_part_where_they_were_measured() {
    let mut breaker = Breaker::of(vec![rule(Threshold::Count(2))]);
    breaker.take(outcome(500, 0), 19_500);
    // At 20 s the first one counts no more.
    breaker.call(500, 20_000);
    assert!(breaker.heard().is_empty());
    breaker.take(outcome(500, 19_000), 20_001);
    assert_eq!(breaker.heard(), ["Opened r 10s @20001"]);
}

#[test]
fn a_window_holds_no_more_parts_than_an_interval_has() {
    let condition = rule(Threshold::Percentage(50)).condition;
    let mut window = Window::default();
    for second in 0..10_000 {
        let now = Moment::from(at(second * SECOND));
        assert!(window.add(&condition, now, second % 3 == 0, now));
    }
    let text = serde_json::to_string(&window).unwrap();
    assert_eq!(text.matches('[').count(), 2 + usize::try_from(PARTS).unwrap(), "{text}");
    let now = Moment::from(at(9_999 * SECOND));
    assert_eq!(window.counts(&condition, now), Counts { calls: 20, failures: 7 });
    assert!(text.len() < 420, "{} bytes", text.len());
}
