//! An event for one sink, several owners of one store, and a sink that has retired.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "this is a test"
)]

mod common;

use std::time::Duration;

use common::{ONE_WEBHOOK, TWO_WEBHOOKS, World, event, now};
use headgate_events::{Limits, Outbox, OutboxPorts, delivery::OutcomeName};

#[test]
fn an_event_for_one_sink_reaches_that_one_whatever_its_filter() {
    let world =
        World::with_sinks(&TWO_WEBHOOKS.replace("[pager]", "[pager]\nfilter.types = [\"none\"]"));
    let outbox = world.outbox();
    let handed = now(outbox.publish_to(event("e1"), "pager")).unwrap();
    assert_eq!(now(outbox.deliver(handed)).delivered, 1);
    assert_eq!(world.sink.taken_once_by("pager.example"), ["e1"]);
    assert_eq!(world.sink.count(), 1);
    assert!(world.keys("").is_empty());
}

#[test]
fn on_its_way_to_one_sink_it_is_not_put_there_again_and_another_sink_gets_it_all_the_same() {
    let world = World::with_sinks(TWO_WEBHOOKS);
    let outbox = world.outbox();
    world.sink.answers_always("audit.example", 500);
    let first = now(outbox.publish_to(event("e1"), "audit")).unwrap();
    assert_eq!(now(outbox.deliver(first)).failed, 1);
    assert!(now(outbox.publish_to(event("e1"), "audit")).unwrap().is_empty());
    let other = now(outbox.publish_to(event("e1"), "pager")).unwrap();
    assert_eq!(now(outbox.deliver(other)).delivered, 1);
    // Whoever gets it besides has an entry of its own.
    let everybody = now(outbox.publish(event("e1"))).unwrap();
    assert_eq!(everybody.len(), 1);
    assert_eq!(world.keys("test/outbox/e1/").len(), 2);

    world.sink.answers_always("audit.example", 200);
    world.clock.advance(Duration::from_secs(60));
    now(outbox.deliver_due(Limits::default()));
    assert_eq!(world.sink.taken_once_by("audit.example"), ["e1"]);
    assert!(world.keys("test/outbox/").is_empty());
}

#[test]
fn functions_on_one_store_see_nothing_of_each_others_events() {
    let world = World::with_sinks(ONE_WEBHOOK);
    let other = Outbox::new(
        "other",
        world.sinks.clone(),
        OutboxPorts {
            http: world.sink.clone(),
            key_value: world.store.clone(),
            clock: world.clock.clone(),
            random: world.random.clone(),
            diagnostics: world.diagnostics.clone(),
            outlets: world.lines.clone(),
        },
    );
    world.sink.answers_next([400, 500]);
    let outbox = world.outbox();
    let refused = now(outbox.publish(event("e1"))).unwrap();
    assert_eq!(now(outbox.deliver(refused)).dead_lettered, 1);
    let failed = now(outbox.publish(event("e2"))).unwrap();
    assert_eq!(now(outbox.deliver(failed)).failed, 1);

    assert!(now(other.dead_letters()).unwrap().items.is_empty());
    assert!(now(other.list()).unwrap().items.is_empty());
    assert!(now(other.redeliver("e1")).unwrap().letters.is_empty());
    world.clock.advance(Duration::from_secs(60));
    assert_eq!(now(other.deliver_due(Limits::default())).delivered, 0);
    assert_eq!(now(outbox.deliver_due(Limits::default())).delivered, 1);
    assert_eq!(world.dead_letters().len(), 1);
}

#[test]
fn a_sink_that_has_retired_is_reported_and_not_called_for_an_hour() {
    let world = World::with_sinks(ONE_WEBHOOK);
    let outbox = world.outbox();
    let publish = |id| {
        let handed = now(outbox.publish(event(id))).unwrap();
        now(outbox.deliver(handed))
    };
    world.sink.answers_next([410]);
    assert_eq!(publish("e1").dead_lettered, 1);
    let reports = format!("{:?}", world.diagnostics.take());
    assert!(reports.contains("sink audit has retired"), "{reports}");

    world.clock.advance(Duration::from_secs(3_599));
    assert_eq!(publish("e2").dead_lettered, 1);
    assert_eq!(world.sink.count(), 1, "it is not called");
    assert_eq!(world.dead_letters()[1].last_outcome(), OutcomeName::Disabled);

    world.clock.advance(Duration::from_secs(1));
    assert_eq!(publish("e3").delivered, 1);
    assert_eq!(world.sink.taken(), ["e3"]);
}

#[test]
fn a_redelivery_asks_a_sink_that_has_retired_again() {
    let world = World::with_sinks(ONE_WEBHOOK);
    let outbox = world.outbox();
    world.sink.answers_next([410]);
    let handed = now(outbox.publish(event("e1"))).unwrap();
    assert_eq!(now(outbox.deliver(handed)).dead_lettered, 1);
    let redelivered = now(outbox.redeliver("e1")).unwrap();
    assert_eq!(now(outbox.deliver(redelivered.handed)).delivered, 1);
    assert_eq!(world.sink.taken(), ["e1"]);
}
