//! Several instances at the same time.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "this is a test"
)]

mod common;

use std::time::Duration;

use common::{Bench, ONE_RULE, TWO_RULES, UnsteadyKeyValue, answered, batch, interleaved};
use futures_util::FutureExt;
use headgate_core::Body;
use headgate_fakes::Gate;
use http::Request;
use proptest::prelude::*;

#[test]
fn a_second_delivery_waits_while_the_first_runs_the_handler() {
    let bench = Bench::with_rules(ONE_RULE);
    let gate = Gate::closed();
    bench.receiver.holds_at(gate.clone());
    let function = bench.function();
    let mut first = Box::pin(answered(&function, batch(&["1"])));
    assert!(first.as_mut().now_or_never().is_none());
    assert!(gate.reached().now_or_never().is_some());

    let second = bench.deliver(&["1"]);
    assert_eq!(second.status, 503);
    assert!(second.detail().contains("at this moment"), "{}", second.body);
    assert_eq!(second.retry_after(), 35, "the handler's timeouts and ten seconds");
    bench.tick();

    gate.open_for(1);
    assert_eq!(first.now_or_never().unwrap().status, 200);
    assert_eq!(bench.receiver.count(), 1);
    assert_eq!(bench.deliver(&["1"]).body["duplicates"], 1);
}

#[test]
fn a_lease_runs_out_when_its_holder_has_died() {
    let bench = Bench::with_rules(ONE_RULE);
    let gate = Gate::closed();
    bench.receiver.holds_at(gate.clone());
    {
        let function = bench.function();
        let mut dying = Box::pin(answered(&function, batch(&["1"])));
        assert!(dying.as_mut().now_or_never().is_none());
    }
    gate.open_for(1);
    bench.clock.advance(Duration::from_secs(34));
    assert_eq!(bench.deliver(&["1"]).status, 503);
    bench.clock.advance(Duration::from_secs(1));
    assert_eq!(bench.deliver(&["1"]).status, 200);
    assert_eq!(bench.receiver.taken_by("hook.example"), ["1"]);
}

#[test]
fn a_holder_that_is_late_undoes_nothing_of_its_successor() {
    let bench = Bench::with_rules(ONE_RULE);
    let gate = Gate::closed();
    bench.receiver.holds_at(gate.clone());
    let function = bench.function();
    let mut late = Box::pin(answered(&function, batch(&["1"])));
    assert!(late.as_mut().now_or_never().is_none());
    bench.clock.advance(Duration::from_secs(60));
    gate.open_for(2);
    assert_eq!(bench.deliver(&["1"]).status, 200);
    bench.receiver.answers_next([500]);
    let late = late.now_or_never().unwrap();
    assert!([200, 503].contains(&late.status));
    assert_eq!(bench.deliver(&["1"]).body["duplicates"], 1);
    assert_eq!(bench.keys("dead-letters/"), [""; 0]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn in_no_order_of_steps_do_two_instances_run_a_handler_at_the_same_time(
        choices in proptest::collection::vec(any::<u8>(), 1..200),
        statuses in proptest::collection::vec(prop_oneof![Just(200_u16), Just(500), Just(0)], 0..6),
        deliveries in proptest::collection::vec(proptest::sample::subsequence(vec!["1", "2", "3"], 1..=3), 2..5),
    ) {
        let bench = Bench::with(&[("rules", TWO_RULES), ("max_attempts", "30")]);
        bench.receiver.answers_next(statuses);
        let functions: Vec<_> =
            deliveries.iter().map(|_| bench.function_on(UnsteadyKeyValue::over(bench.store.clone()).yielding())).collect();
        let ticking = bench.function_on(UnsteadyKeyValue::over(bench.store.clone()).yielding());
        let mut tasks: Vec<std::pin::Pin<Box<dyn Future<Output = ()> + '_>>> = Vec::new();
        for (function, ids) in functions.iter().zip(&deliveries) {
            tasks.push(Box::pin(async move {
                let answer = answered(function, batch(ids)).await;
                assert!([200, 503].contains(&answer.status), "{}", answer.body);
            }));
        }
        tasks.push(Box::pin(async {
            answered(&ticking, Request::post("/tick").body(Body::empty()).unwrap()).await;
        }));
        bench.receiver.lets_others_go_first(true);
        interleaved(tasks, &choices);
        bench.receiver.lets_others_go_first(false);
        prop_assert!(!bench.receiver.overlapped());

        // Each event reaches each handler in the end, and what has succeeded is not repeated.
        for _ in 0..10 {
            bench.clock.advance(Duration::from_secs(3_600));
            bench.tick();
        }
        let mut expected: Vec<_> = deliveries.concat();
        expected.sort_unstable();
        expected.dedup();
        for host in ["first.example", "second.example"] {
            let mut taken = bench.receiver.taken_by(host);
            taken.sort();
            prop_assert_eq!(&taken, &expected, "{}", host);
        }
    }
}
