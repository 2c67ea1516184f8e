//! Several instances on one store.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "this is a test"
)]

mod common;

use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use common::{
    ONE_WEBHOOK, TWO_WEBHOOKS, UnsteadyKeyValue, World, change, event, interleaved, now, tick,
};
use headgate_events::{Deliveries, Limits};
use headgate_fakes::Gate;
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn while_leases_are_young_each_event_is_delivered_once_however_instances_interleave(
        choices in proptest::collection::vec(any::<u8>(), 1..200),
    ) {
        let world = World::with_sinks(ONE_WEBHOOK);
        let store = UnsteadyKeyValue::over(world.store.clone()).yielding();
        let instances: Vec<_> = (0..4).map(|_| world.outbox_on(store.clone())).collect();
        let tasks = instances
            .iter()
            .enumerate()
            .map(|(number, outbox)| {
                let (store, clock) = (&store, &world.clock);
                Box::pin(async move {
                    for _ in 0..3 {
                        if number == 3 {
                            tick(outbox).await;
                        } else {
                            assert!(change(store, outbox, clock).await);
                        }
                    }
                }) as Pin<Box<dyn Future<Output = ()> + '_>>
            })
            .collect();
        interleaved(tasks, &choices);
        prop_assert_eq!(world.state(), 9);
        let mut taken = world.sink.taken();
        taken.sort();
        prop_assert_eq!(taken, (1..=9).map(|number| format!("e{number}")).collect::<Vec<_>>());
        prop_assert!(world.keys("test/outbox/").is_empty());
    }
}

#[test]
fn what_one_instance_is_delivering_no_other_one_sends_until_the_lease_has_run_out() {
    let world = World::with_sinks(ONE_WEBHOOK);
    let gate = Gate::closed();
    world.sink.holds_at(gate.clone());
    let (first, second) = (world.outbox(), world.outbox());
    let handed = now(first.publish(event("e1"))).unwrap();
    let mut delivery = Box::pin(first.deliver(handed));
    let mut context = Context::from_waker(Waker::noop());
    assert!(delivery.as_mut().poll(&mut context).is_pending());

    // 10 s to connect, 30 s for the answer, and ten seconds more.
    world.clock.advance(Duration::from_secs(49));
    assert_eq!(now(second.deliver_due(Limits::default())).delivered, 0);
    world.clock.advance(Duration::from_secs(1));
    gate.open_for(1);
    assert_eq!(now(second.deliver_due(Limits::default())).delivered, 1);

    // The first one was only slow: the event arrives twice, with one id.
    gate.open_for(1);
    assert!(delivery.as_mut().poll(&mut context).is_ready());
    assert_eq!(world.sink.taken(), ["e1", "e1"]);
    assert!(world.keys("test/outbox/").is_empty());
}

#[test]
fn of_two_instances_that_worked_on_an_entry_the_one_that_succeeded_counts() {
    let world = World::with_sinks(ONE_WEBHOOK);
    let gate = Gate::closed();
    world.sink.holds_at(gate.clone());
    let (first, second) = (world.outbox(), world.outbox());
    let handed = now(first.publish(event("e1"))).unwrap();
    let mut slow = Box::pin(first.deliver(handed));
    let mut context = Context::from_waker(Waker::noop());
    assert!(slow.as_mut().poll(&mut context).is_pending());

    world.clock.advance(Duration::from_secs(50));
    world.sink.answers_next([500, 200]);
    gate.open_for(1);
    assert_eq!(now(second.deliver_due(Limits::default())).failed, 1);
    assert_eq!(world.keys("test/outbox/").len(), 1);
    gate.open_for(1);
    assert!(slow.as_mut().poll(&mut context).is_ready());
    assert_eq!(world.sink.taken(), ["e1"]);
    assert!(world.keys("test/outbox/").is_empty());
}

#[test]
fn what_waited_too_long_for_its_turn_is_left_to_a_tick() {
    let world = World::with_sinks(ONE_WEBHOOK);
    let outbox = world.outbox();
    let handed = now(outbox.publish(event("e1"))).unwrap();
    world.clock.advance(Duration::from_secs(6));
    assert_eq!(now(outbox.deliver(handed)).delivered, 0);
    world.clock.advance(Duration::from_secs(50));
    assert_eq!(now(outbox.deliver_due(Limits::default())).delivered, 1);
}

#[test]
fn a_sink_that_took_the_event_from_a_slow_instance_leaves_the_entry_that_another_one_has_changed() {
    let world = World::with_sinks(TWO_WEBHOOKS);
    let gate = Gate::closed();
    world.sink.holds_at(gate.clone());
    let (first, second) = (world.outbox(), world.outbox());
    let handed = now(first.publish(event("e1"))).unwrap();
    let mut slow = Box::pin(first.deliver(handed));
    let mut context = Context::from_waker(Waker::noop());
    assert!(slow.as_mut().poll(&mut context).is_pending());

    world.clock.advance(Duration::from_secs(50));
    world.sink.answers_next([500, 500]);
    gate.open_for(2);
    assert_eq!(now(second.deliver_due(Limits::default())).failed, 2);

    world.sink.answers_always("pager.example", 500);
    gate.open_for(2);
    assert!(slow.as_mut().poll(&mut context).is_ready());
    let listed = now(second.list()).unwrap();
    let left: Vec<_> = listed.items[0].sinks.iter().map(|sink| sink.sink.as_str()).collect();
    assert_eq!(left, ["pager"]);
}

#[test]
fn an_event_that_is_on_its_way_is_not_put_there_anew() {
    let world = World::with_sinks(ONE_WEBHOOK);
    world.sink.answers_next([500]);
    let outbox = world.outbox();
    let handed = now(outbox.publish(event("e1"))).unwrap();
    now(outbox.deliver(handed));
    assert!(now(outbox.publish(event("e1"))).unwrap().is_empty());
    assert_eq!(now(outbox.list()).unwrap().items[0].sinks[0].delivery_attempts, 1);
}

#[test]
fn a_redelivery_that_fails_before_its_dead_letter_is_deleted_keeps_a_dead_letter() {
    let world = World::with_sinks(ONE_WEBHOOK);
    world.sink.answers_always("audit.example", 400);
    let outbox = world.outbox();
    let handed = now(outbox.publish(event("e1"))).unwrap();
    now(outbox.deliver(handed));

    let slow = world.outbox_on(UnsteadyKeyValue::over(world.store.clone()).yielding());
    let mut redelivery = Box::pin(slow.redeliver("e1"));
    let mut context = Context::from_waker(Waker::noop());
    while world.keys("test/outbox/").is_empty() {
        assert!(redelivery.as_mut().poll(&mut context).is_pending());
    }
    world.clock.advance(Duration::from_secs(60));
    assert_eq!(now(outbox.deliver_due(Limits::default())).dead_lettered, 1);
    let redelivered = loop {
        if let Poll::Ready(redelivered) = redelivery.as_mut().poll(&mut context) {
            break redelivered.unwrap();
        }
    };
    assert_eq!(now(outbox.deliver(redelivered.handed)), Deliveries::default());
    assert_eq!(world.dead_letters().len(), 1);
}
