//! At least once, whatever breaks: the store fails at each of its calls in turn, or a request is dropped at each of the
//! points where it waits, and afterwards nothing is missing and nothing is there that no change has caused.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "this is a test"
)]

mod common;

use std::task::{Context, Waker};

use common::{Crash, ONE_WEBHOOK, TWO_WEBHOOKS, UnsteadyKeyValue, World, change, now, tick};

/// The function's life that is broken off everywhere: three changes, and a tick.
async fn live(store: &UnsteadyKeyValue, world: &World) {
    let outbox = world.outbox_on(store.clone());
    for _ in 0..3 {
        change(store, &outbox, &world.clock).await;
    }
    world.clock.advance(std::time::Duration::from_secs(60));
    tick(&outbox).await;
}

/// Runs the life with a crash at every call, and gives each world for a look at how it ends.
fn for_every_crash(prepare: impl Fn() -> World, check: impl Fn(&World, Crash)) {
    let undisturbed = prepare();
    let store = UnsteadyKeyValue::over(undisturbed.store.clone()).with_crash(None);
    now(live(&store, &undisturbed));
    let calls = store.calls();
    assert!(calls > 10, "the life calls the store, {calls} times");
    for crash in Crash::each(calls) {
        let world = prepare();
        now(live(&UnsteadyKeyValue::over(world.store.clone()).with_crash(Some(crash)), &world));
        world.tick_until_quiet();
        check(&world, crash);
    }
}

/// The ids of the events that the function's state says there were.
fn caused(world: &World) -> Vec<String> {
    let mut ids: Vec<_> = (1..=world.state()).map(|number| format!("e{number}")).collect();
    ids.sort();
    ids
}

#[test]
fn after_a_crash_at_any_call_every_event_arrives_and_none_is_invented() {
    for_every_crash(
        || World::with_sinks(ONE_WEBHOOK),
        |world, crash| {
            assert_eq!(world.sink.taken_once(), caused(world), "{crash:?}");
            assert_eq!(world.dead_letters(), [], "{crash:?}");
        },
    );
}

#[test]
fn after_a_crash_at_any_call_each_of_two_sinks_has_every_event_although_one_failed_at_first() {
    for_every_crash(
        || {
            let world = World::with_sinks(TWO_WEBHOOKS);
            world.sink.answers_next([500, 200, 503]);
            world
        },
        |world, crash| {
            for host in ["audit.example", "pager.example"] {
                assert_eq!(world.sink.taken_once_by(host), caused(world), "{host}: {crash:?}");
            }
        },
    );
}

#[test]
fn after_a_crash_at_any_call_what_a_sink_refuses_is_a_dead_letter_and_comes_back_from_there() {
    for_every_crash(
        || {
            let world = World::with_sinks(ONE_WEBHOOK);
            world.sink.answers_always("audit.example", 400);
            world
        },
        |world, crash| {
            let mut dead: Vec<_> =
                world.dead_letters().iter().map(|letter| letter.event().id().to_owned()).collect();
            dead.sort();
            dead.dedup();
            assert_eq!(dead, caused(world), "{crash:?}");
            world.sink.answers_always("audit.example", 200);
            for id in dead {
                let redelivered = now(world.outbox().redeliver(&id)).unwrap();
                now(world.outbox().deliver(redelivered.handed));
            }
            assert_eq!(world.sink.taken_once(), caused(world), "{crash:?}");
            assert_eq!(world.dead_letters(), [], "{crash:?}");
            assert!(world.keys("test/outbox/").is_empty());
        },
    );
}

#[test]
fn a_crash_at_any_call_of_a_redelivery_loses_no_event() {
    let prepare = || {
        let world = World::with_sinks(ONE_WEBHOOK);
        world.sink.answers_always("audit.example", 400);
        let outbox = world.outbox();
        assert!(now(change(&world.store, &outbox, &world.clock)));
        world.sink.answers_always("audit.example", 500);
        world
    };
    let redeliver = async |store: &UnsteadyKeyValue, world: &World| {
        let outbox = world.outbox_on(store.clone());
        if let Ok(redelivered) = outbox.redeliver("e1").await {
            outbox.deliver(redelivered.handed).await;
        }
    };
    let undisturbed = prepare();
    let store = UnsteadyKeyValue::over(undisturbed.store.clone()).with_crash(None);
    now(redeliver(&store, &undisturbed));
    for crash in Crash::each(store.calls()) {
        let world = prepare();
        now(redeliver(
            &UnsteadyKeyValue::over(world.store.clone()).with_crash(Some(crash)),
            &world,
        ));
        world.sink.answers_always("audit.example", 200);
        world.tick_until_quiet();
        for letter in world.dead_letters() {
            let redelivered = now(world.outbox().redeliver(letter.event().id())).unwrap();
            now(world.outbox().deliver(redelivered.handed));
        }
        assert_eq!(world.sink.taken_once(), ["e1"], "{crash:?}");
        assert_eq!(world.dead_letters(), [], "{crash:?}");
    }
}

#[test]
fn a_request_that_is_dropped_wherever_it_waits_loses_no_event() {
    let prepare = || {
        let world = World::with_sinks(TWO_WEBHOOKS);
        world.sink.answers_next([500]);
        world
    };
    let run = |world: &World, polls: usize| {
        let store = UnsteadyKeyValue::over(world.store.clone()).yielding();
        let outbox = world.outbox_on(store.clone());
        let mut request = Box::pin(change(&store, &outbox, &world.clock));
        let mut context = Context::from_waker(Waker::noop());
        (0..polls).any(|_| request.as_mut().poll(&mut context).is_ready())
    };
    let mut polls = 0;
    let mut ended = false;
    while !ended {
        let world = prepare();
        ended = run(&world, polls);
        world.tick_until_quiet();
        for host in ["audit.example", "pager.example"] {
            assert_eq!(
                world.sink.taken_once_by(host),
                caused(&world),
                "{host} after {polls} polls"
            );
        }
        polls += 1;
    }
    assert!(polls > 10, "the request waits {polls} times");
}
