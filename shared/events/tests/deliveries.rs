//! Attempts, retries, dead letters: one instance, and time that passes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "this is a test"
)]

mod common;

use std::time::Duration;

use common::{ONE_WEBHOOK, START, World, change, event, now, tick};
use headgate_core::{Clock, KeyValue, Severity};
use headgate_events::{DeadLetterReason, Deliveries, Limits, Recorded, delivery::OutcomeName};
use headgate_fakes::MemoryKeyValue;

fn published(world: &World, id: &str) -> Deliveries {
    let outbox = world.outbox();
    let handed = now(outbox.publish(event(id))).unwrap();
    now(outbox.deliver(handed))
}

fn due(world: &World) -> Deliveries {
    now(world.outbox().deliver_due(Limits::default()))
}

#[test]
fn a_change_is_delivered_at_once_and_leaves_nothing_behind() {
    let world = World::with_sinks(ONE_WEBHOOK);
    assert!(now(change(&world.store, &world.outbox(), &world.clock)));
    assert_eq!(world.sink.taken(), ["e1"]);
    assert_eq!(world.keys(""), [common::STATE]);
    assert_eq!(now(world.store.get(common::STATE)).unwrap().unwrap(), br#"{"state":1}"#);
    assert_eq!(world.diagnostics.take(), []);
}

#[test]
fn the_store_is_called_six_times_for_a_change_and_its_delivery() {
    let world = World::with_sinks(ONE_WEBHOOK);
    assert!(now(change(&world.store, &world.outbox(), &world.clock)));
    // Read, swap: the change. Read, new entry, swap: the hand-over. Delete: the delivery.
    assert_eq!(world.store.calls(), 6);
}

#[test]
fn a_failure_is_tried_again_by_the_schedule_and_not_before() {
    let world = World::with_sinks(ONE_WEBHOOK);
    world.sink.answers_always("audit.example", 500);
    assert_eq!(published(&world, "e1").failed, 1);
    let mut waited = Vec::new();
    for _ in 0..9 {
        let next = now(world.outbox().list()).unwrap().items[0].sinks[0].next_attempt;
        waited.push(next.since(world.clock.now()).as_secs());
        world.clock.set(next);
        let requests = world.sink.count();
        world.clock.set(headgate_core::Timestamp::since_epoch(
            next.since(headgate_core::Timestamp::default()) - Duration::from_millis(1),
        ));
        assert_eq!(due(&world), Deliveries::default());
        assert_eq!(world.sink.count(), requests);
        world.clock.set(next);
        assert_eq!(due(&world).failed, 1);
    }
    for (waited, step) in waited.iter().zip([10, 30, 60, 300, 600, 1_800, 3_600, 10_800, 21_600]) {
        assert!((step..=step + step / 10).contains(waited), "{waited} s for {step} s");
    }
    world.sink.answers_always("audit.example", 200);
    world.clock.advance(Duration::from_secs(48_000));
    // Older than a day: it is given up when it is due again, and was last tried before.
    assert_eq!(due(&world).dead_lettered, 1);
    assert_eq!(world.dead_letters()[0].reason(), DeadLetterReason::TimeToLiveExceeded);
}

#[test]
fn after_the_most_attempts_the_event_is_a_dead_letter_with_the_documented_members() {
    let world = World::with_sinks(&format!("{ONE_WEBHOOK}\nmax-attempts = 2"));
    world.sink.answers_always("audit.example", 503);
    assert_eq!(published(&world, "e1").failed, 1);
    world.clock.advance(Duration::from_secs(40));
    assert_eq!(due(&world).dead_lettered, 1);
    assert!(world.keys("test/outbox/").is_empty());
    let letters = world.dead_letters();
    assert_eq!(
        serde_json::to_value(&letters[0]).unwrap(),
        serde_json::json!({
            "specversion": "1.0",
            "id": "e1",
            "source": "/gateway",
            "type": "Microsoft.ApiManagement.CircuitBreaker.Opened",
            "deadletterreason": "MaxDeliveryAttemptsExceeded",
            "deliveryattempts": 2,
            "lastdeliveryoutcome": "Busy",
            "publishtime": "2025-04-02T00:47:48.0000000Z",
            "lastdeliveryattempttime": "2025-04-02T00:48:28.0000000Z",
            "sink": "audit",
        })
    );
    assert_eq!(letters[0].published(), START);
}

#[test]
fn a_status_that_is_not_tried_again_makes_a_dead_letter_at_once() {
    for (status, outcome) in [
        (400, OutcomeName::BadRequest),
        (401, OutcomeName::Unauthorized),
        (403, OutcomeName::Forbidden),
        (410, OutcomeName::Disabled),
        (413, OutcomeName::PayloadTooLarge),
    ] {
        let world = World::with_sinks(ONE_WEBHOOK);
        world.sink.answers_next([status]);
        assert_eq!(published(&world, "e1").dead_lettered, 1, "{status}");
        let letters = world.dead_letters();
        assert_eq!(letters[0].reason(), DeadLetterReason::NotRetried);
        assert_eq!((letters[0].last_outcome(), letters[0].attempts()), (outcome, 1));
        assert!(world.keys("test/outbox/").is_empty());
    }
}

#[test]
fn a_redelivered_event_starts_afresh_and_can_become_a_dead_letter_again() {
    let world = World::with_sinks(ONE_WEBHOOK);
    world.sink.answers_next([400, 400, 500, 200]);
    published(&world, "e1");
    let redeliver = || {
        let redelivered = now(world.outbox().redeliver("e1")).unwrap();
        assert_eq!(redelivered.letters.len(), 1);
        now(world.outbox().deliver(redelivered.handed))
    };
    world.clock.advance(Duration::from_secs(2 * 86_400));
    assert_eq!(redeliver().dead_lettered, 1);
    assert_eq!(redeliver().failed, 1);
    assert_eq!(world.dead_letters(), []);
    world.clock.advance(Duration::from_secs(60));
    assert_eq!(due(&world).delivered, 1);
    assert_eq!(world.sink.taken(), ["e1"]);
    assert!(world.keys("").is_empty());
    assert!(now(world.outbox().redeliver("e1")).unwrap().letters.is_empty());
}

#[test]
fn a_dead_letter_keeps_the_members_that_the_event_had_itself() {
    let world = World::with_sinks(ONE_WEBHOOK);
    world.sink.answers_next([400, 200]);
    let name = headgate_events::ExtensionName::new("sink").unwrap();
    let original = event("e1").with_extension(name, "theirs".into()).unwrap();
    // Also when it has as many as it may have.
    let original = (0..63).fold(original, |event, number| {
        let name = headgate_events::ExtensionName::new(format!("x{number}")).unwrap();
        event.with_extension(name, "".into()).unwrap()
    });
    let handed = now(world.outbox().publish(original.clone())).unwrap();
    now(world.outbox().deliver(handed));
    let letters = world.dead_letters();
    assert_eq!(letters[0].event(), &original);
    assert_eq!(serde_json::to_value(&letters[0]).unwrap()["sink"], "audit");
}

const FILTERED: &str = r#"
[opened]
kind = "webhook"
url = "https://opened.example/"
filter.types = ["*.Opened"]

[all]
kind = "webhook"
url = "https://all.example/"
filter.types = ["Microsoft.*"]
"#;

#[test]
fn only_sinks_whose_filter_lets_it_pass_get_an_event_and_one_for_nobody_is_not_kept() {
    let document = FILTERED.replace("*.Opened", "Microsoft.ApiManagement.CircuitBreaker.Opened");
    let world = World::with_sinks(&document);
    assert_eq!(published(&world, "e1").delivered, 2);
    let closed =
        headgate_events::Event::new("e2", "/s", "Microsoft.ApiManagement.CircuitBreaker.Closed");
    let handed = now(world.outbox().publish(closed.unwrap())).unwrap();
    assert_eq!(now(world.outbox().deliver(handed)).delivered, 1);
    let other = headgate_events::Event::new("e3", "/s", "com.example.other").unwrap();
    assert!(now(world.outbox().publish(other)).unwrap().is_empty());
    assert!(world.keys("").is_empty());
}

#[test]
fn a_sink_that_fails_keeps_no_other_one_waiting() {
    let document = FILTERED.replace("*.Opened", "Microsoft.*");
    let world = World::with_sinks(&document);
    world.sink.is_silent_always("opened.example");
    let done = published(&world, "e1");
    assert_eq!((done.delivered, done.failed), (1, 1));
    let listed = now(world.outbox().list()).unwrap();
    let [item] = listed.items.as_slice() else { panic!("one is left") };
    let [sink] = item.sinks.as_slice() else { panic!("for one sink") };
    assert_eq!(sink.sink, "opened");
    assert_eq!(sink.last_delivery_outcome, Some(OutcomeName::TimedOut));
}

#[test]
fn an_event_for_a_sink_that_is_configured_no_more_waits_and_is_not_lost() {
    let world = World::with_sinks(ONE_WEBHOOK);
    world.sink.answers_next([500]);
    published(&world, "e1");
    let mut other = world.clone();
    other.sinks = common::sinks("[other]\nkind = \"stdout\"");
    world.clock.advance(Duration::from_secs(60));
    assert_eq!(due(&other).failed, 1);
    let item = now(world.outbox().list()).unwrap().items.remove(0);
    assert_eq!(item.sinks[0].last_delivery_outcome, Some(OutcomeName::NotFound));
    world.clock.advance(Duration::from_secs(3_600));
    assert_eq!(due(&world).delivered, 1);
}

#[test]
fn a_sink_that_is_down_is_left_alone_for_the_rest_of_a_round() {
    let world = World::with_sinks(ONE_WEBHOOK);
    world.sink.answers_always("audit.example", 500);
    for number in 0..40 {
        published(&world, &format!("e{number}"));
    }
    let before = world.sink.count();
    world.clock.advance(Duration::from_secs(60));
    due(&world);
    let asked = world.sink.count() - before;
    assert!((10..=18).contains(&asked), "{asked} attempts");
    world.sink.answers_always("audit.example", 200);
    world.clock.advance(Duration::from_secs(60));
    assert_eq!(due(&world).delivered, 40);
}

#[test]
fn a_round_ends_with_its_limits_and_the_next_ones_go_on() {
    let world = World::with_sinks(ONE_WEBHOOK);
    for number in 0..25 {
        let _left = now(world.outbox().publish(event(&format!("e{number}")))).unwrap();
    }
    world.clock.advance(Duration::from_secs(60));
    let limits = Limits { attempts: 10, parallel: 1, ..Limits::default() };
    assert_eq!(now(world.outbox().deliver_due(limits)).delivered, 10);
    let limits = Limits { entries: 7, ..Limits::default() };
    assert_eq!(now(world.outbox().deliver_due(limits)).delivered, 7);
    let limits = Limits { time: Duration::ZERO, ..Limits::default() };
    assert_eq!(now(world.outbox().deliver_due(limits)).delivered, 0);
    assert_eq!(due(&world).delivered, 8);
}

#[test]
fn a_long_outbox_is_worked_through_although_a_round_looks_at_few_entries() {
    let world = World::with_sinks(ONE_WEBHOOK);
    world.sink.answers_always("audit.example", 404);
    for number in 0..20 {
        published(&world, &format!("a{number}"));
    }
    world.sink.answers_always("audit.example", 200);
    // These are due, and stand behind those that are not.
    for number in 0..20 {
        let _left = now(world.outbox().publish(event(&format!("b{number}")))).unwrap();
    }
    world.clock.advance(Duration::from_secs(60));
    for _ in 0..200 {
        let limits = Limits { entries: 5, ..Limits::default() };
        now(world.outbox().deliver_due(limits));
    }
    assert_eq!(world.sink.taken().len(), 20);
}

#[test]
fn the_standard_output_gets_one_line_for_each_event() {
    let world = World::with_sinks("[log]\nkind = \"stdout\"");
    let data = headgate_events::Json::parse(b"{\n  \"a\": \"b\\n\"\r\n}").unwrap();
    let event = event("e1").with_data(headgate_events::Data::Json(data), None).unwrap();
    let handed = now(world.outbox().publish(event)).unwrap();
    assert_eq!(now(world.outbox().deliver(handed)).delivered, 1);
    let lines = world.lines.0.lock().unwrap().clone();
    assert_eq!(lines.len(), 1);
    assert!(!lines[0].contains('\n') && !lines[0].contains('\r'));
    assert!(serde_json::from_str::<headgate_events::Event>(&lines[0]).is_ok());
}

#[test]
fn a_bus_on_a_host_that_has_none_keeps_its_events() {
    let world =
        World::with_sinks("[bus]\nkind = \"event-bridge\"\nbus = \"b\"\nregion = \"eu-west-1\"");
    assert_eq!(published(&world, "e1").failed, 1);
    let item = now(world.outbox().list()).unwrap().items.remove(0);
    assert_eq!(item.sinks[0].last_delivery_outcome, Some(OutcomeName::Disabled));
}

#[test]
fn what_another_version_has_stored_is_left_alone_and_reported() {
    let world = World::with_sinks(ONE_WEBHOOK);
    now(world.store.set("test/outbox/e1/x", b"{\"version\":2}")).unwrap();
    now(world.store.set(common::STATE, b"no record")).unwrap();
    world.clock.advance(Duration::from_secs(60));
    now(tick(&world.outbox()));
    assert_eq!(world.keys("").len(), 2);
    let reports = world.diagnostics.take();
    assert!(reports.iter().all(|(severity, _)| *severity == Severity::Warning));
    assert_eq!(reports.len(), 2, "{reports:?}");
}

#[test]
fn a_store_that_is_down_is_reported_and_costs_nothing() {
    let world = World::with_sinks(ONE_WEBHOOK);
    let mut recorded = Recorded::new(1);
    recorded.record(event("e1"), START).unwrap();
    now(world.store.set(common::STATE, &recorded.encode().unwrap())).unwrap();
    world.store.fail_with(headgate_core::KeyValueError::Unavailable("down".to_owned()));
    let handed = now(world.outbox().hand_over(common::STATE, &["e1".to_owned()]));
    assert!(!handed.is_complete() && handed.is_empty());
    assert_eq!(due(&world), Deliveries::default());
    world.store.recover();
    world.tick_until_quiet();
    assert_eq!(world.sink.taken(), ["e1"]);
}

#[test]
fn a_hand_over_leaves_alone_what_another_request_has_just_recorded() {
    let world = World::with_sinks(ONE_WEBHOOK);
    let mut recorded = Recorded::new(1);
    recorded.record(event("theirs"), START).unwrap();
    recorded.record(event("mine"), START).unwrap();
    now(world.store.set(common::STATE, &recorded.encode().unwrap())).unwrap();
    let handed = now(world.outbox().hand_over(common::STATE, &["mine".to_owned()]));
    assert_eq!(handed.len(), 1);
    now(world.outbox().deliver(handed));
    assert_eq!(world.sink.taken(), ["mine"]);
    world.tick_until_quiet();
    assert_eq!(world.sink.taken(), ["mine", "theirs"]);
}

#[test]
fn no_report_and_no_key_shows_an_address_or_data() {
    let document =
        "[audit]\nkind = \"webhook\"\nurl = \"https://audit.example/hunter2?code=hunter2\"";
    let world = World::with_sinks(document);
    world.sink.answers_next([500, 400]);
    published(&world, "e1");
    published(&world, "e2");
    let reports = format!("{:?} {:?}", world.diagnostics.take(), world.keys(""));
    assert!(reports.contains("audit") && !reports.contains("hunter2"), "{reports}");
    assert!(!format!("{:?}", world.outbox().sinks()).contains("hunter2"));
    let _store: &MemoryKeyValue = &world.store;
}
