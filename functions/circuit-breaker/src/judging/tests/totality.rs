//! That every judgement ends well, whatever it is given.

use std::time::Duration;

use headgate_core::{RetryAfter, Timestamp};
use proptest::prelude::*;

use super::support::{Breaker, half_open, outcome, rule};
use crate::backends::{Rule, RuleName, Threshold};
use crate::judging::{BackendState, Batch, Outcome, claim_probe, decide, judge, reset, trip};

fn moment() -> impl Strategy<Value = Timestamp> {
    let millis = prop_oneof![
        any::<u64>(),
        0..5_u64,
        1_795_000_000_000..1_795_000_100_000_u64,
        (u64::MAX - 5)..=u64::MAX,
    ];
    prop_oneof![
        millis.prop_map(|millis| Timestamp::since_epoch(Duration::from_millis(millis))),
        Just(Timestamp::since_epoch(Duration::MAX)),
    ]
}

fn any_outcome() -> impl Strategy<Value = Outcome> {
    let retry_after = prop_oneof![
        Just(None),
        any::<u64>().prop_map(|seconds| Some(RetryAfter::Delay(Duration::from_secs(seconds)))),
        moment().prop_map(|at| Some(RetryAfter::At(at))),
    ];
    (moment(), prop::sample::select(vec![200, 500]), retry_after)
        .prop_map(|(at, status, retry_after)| Outcome { at, retry_after, ..outcome(status, 0) })
}

fn rules() -> Vec<Rule> {
    let named = |name: &str, rule: Rule| Rule { name: RuleName::parse(name).unwrap(), ..rule };
    vec![
        named("a", Rule { accept_retry_after: true, ..rule(Threshold::Count(1)) }),
        named("b", half_open(Threshold::Percentage(50), 2)),
        named("c", Rule { trip_duration: Duration::MAX, ..rule(Threshold::Count(u64::MAX)) }),
        named("d", Rule { trip_duration: Duration::MAX, ..rule(Threshold::Percentage(1)) }),
    ]
}

/// A state as nobody writes it, of the right shape.
fn any_state() -> impl Strategy<Value = BackendState> {
    let number = || prop_oneof![any::<u64>(), 0..30_u64, 1_795_000_000_000..1_795_000_100_000_u64];
    let trip = move || {
        (number(), number(), number(), number())
            .prop_map(|(o, f, u, d)| serde_json::json!({"o": o, "f": f, "u": u, "d": d}))
    };
    let phase = prop_oneof![
        Just(serde_json::json!("c")),
        trip().prop_map(|trip| serde_json::json!({"o": trip})),
        (trip(), any::<u32>(), prop::collection::vec(number(), 0..4)).prop_map(
            |(trip, n, claims)| serde_json::json!({"h": {"t": trip, "n": n, "c": claims}})
        ),
    ];
    let parts = prop::collection::vec((number(), number(), number()), 0..4);
    let rule = (number(), number(), parts, phase).prop_map(|(since, width, parts, phase)| {
        serde_json::json!({"s": since, "w": [width, parts], "p": phase})
    });
    let name = prop::sample::select(vec!["a", "b", "c", "d", "gone", "manual"]);
    prop::collection::btree_map(name, rule, 0..6).prop_map(|rules| {
        let state: BackendState =
            serde_json::from_value(serde_json::json!({"v": 1, "r": rules})).unwrap();
        // Written once more, since an empty window has only one form.
        serde_json::from_value(serde_json::to_value(state).unwrap()).unwrap()
    })
}

proptest! {
    #[test]
    fn any_outcomes_on_any_state_at_any_time_are_judged(
        state in any_state(),
        steps in prop::collection::vec((any_outcome(), moment(), 0..6_u8), 0..12),
    ) {
        let mut breaker = Breaker::of(rules());
        breaker.state = state;
        for (outcome, now, kind) in steps {
            let (backend, state) = (&breaker.backend, breaker.state.clone());
            let outcomes = [outcome];
            let judgement = match kind {
                0 => trip(backend, state, Duration::MAX, now),
                1 => reset(backend, state, now),
                2 => match claim_probe(backend, state.clone(), now) {
                    Some(judgement) => judgement,
                    None => continue,
                },
                _ => judge(backend, state, Batch { id: None, outcomes: &outcomes }, now),
            };
            breaker.store(judgement);
            let _ = decide(&breaker.backend, &breaker.state, now);
        }
    }

    #[test]
    fn judging_a_batch_is_judging_its_outcomes_one_after_another(
        state in any_state(),
        outcomes in prop::collection::vec(any_outcome(), 0..8),
        // At the end of time a trip has no length, and is over at once.
        millis in 0..u64::MAX / 2,
    ) {
        let now = Timestamp::since_epoch(Duration::from_millis(millis));
        let backend = Breaker::of(rules()).backend;
        let whole = judge(&backend, state.clone(), Batch { id: None, outcomes: &outcomes }, now);
        let mut single = judge(&backend, state, Batch::default(), now);
        for outcome in outcomes {
            let batch = Batch { id: None, outcomes: &[outcome] };
            let next = judge(&backend, single.state, batch, now);
            single.state = next.state;
            single.changes.extend(next.changes);
        }
        prop_assert_eq!(whole, single);
    }
}
