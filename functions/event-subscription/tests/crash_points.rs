//! A process may die at each call to the store, or lose its answer: no event is lost by it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "this is a test"
)]

mod common;

use std::time::Duration;

use common::{Bench, Crash, TWO_RULES, UnsteadyKeyValue, answered, batch, now};

/// Delivers by a process whose store crashes, and gives the status that the producer got.
fn delivered(bench: &Bench, ids: &[&str], crash: Option<Crash>) -> (u16, usize) {
    let store = UnsteadyKeyValue::over(bench.store.clone()).with_crash(crash);
    let function = bench.function_on(store.clone());
    (now(answered(&function, batch(ids))).status, store.calls())
}

/// Sends again until the producer is satisfied, as Event Grid does.
fn sent_until_taken(bench: &Bench, ids: &[&str]) {
    for _ in 0..10 {
        bench.clock.advance(Duration::from_secs(60));
        if bench.deliver(ids).status == 200 {
            return;
        }
    }
    panic!("the producer is never satisfied");
}

fn ticked_until_quiet(bench: &Bench) {
    for _ in 0..10 {
        bench.clock.advance(Duration::from_secs(600));
        bench.tick();
    }
}

fn every_crash(ids: &[&str], mut check: impl FnMut(&Bench, Crash, u16)) {
    let (status, calls) = delivered(&Bench::with_rules(TWO_RULES), ids, None);
    assert_eq!(status, 200);
    assert!(calls >= 3);
    for crash in Crash::each(calls) {
        let bench = Bench::with_rules(TWO_RULES);
        let (status, _) = delivered(&bench, ids, Some(crash));
        check(&bench, crash, status);
    }
}

#[test]
fn wherever_a_process_dies_the_producers_retries_bring_every_event_to_every_handler() {
    for ids in [&["1"][..], &["1", "2", "3"]] {
        every_crash(ids, |bench, crash, status| {
            assert!([200, 503].contains(&status), "{crash:?}: {status}");
            sent_until_taken(bench, ids);
            for host in ["first.example", "second.example"] {
                let mut taken = bench.receiver.taken_by(host);
                taken.sort();
                taken.dedup();
                assert_eq!(taken, ids, "{crash:?} {host}");
            }
            assert_eq!(bench.keys("dead-letters/"), [""; 0], "{crash:?}");
        });
    }
}

#[test]
fn a_message_that_was_answered_200_is_handled_without_another_delivery() {
    for ids in [&["1"][..], &["1", "2"]] {
        every_crash(ids, |bench, crash, status| {
            if status != 200 {
                return;
            }
            ticked_until_quiet(bench);
            for host in ["first.example", "second.example"] {
                let mut taken = bench.receiver.taken_by(host);
                taken.sort();
                taken.dedup();
                assert_eq!(taken, ids, "{crash:?} {host}");
            }
        });
    }
}

#[test]
fn what_was_written_down_is_handled_by_ticks_although_the_producer_gives_up() {
    every_crash(&["1"], |bench, crash, _| {
        let was_written = !bench.keys("events/").is_empty();
        ticked_until_quiet(bench);
        for host in ["first.example", "second.example"] {
            assert_eq!(!bench.receiver.taken_by(host).is_empty(), was_written, "{crash:?} {host}");
        }
        assert_eq!(bench.keys("pending/"), [""; 0], "{crash:?}");
    });
}

#[test]
fn wherever_a_process_dies_a_poison_event_is_in_the_dead_letters_in_the_end() {
    let run = |bench: &Bench, crash: Option<Crash>| {
        bench.receiver.answers_always("first.example", 500);
        delivered(bench, &["1"], crash)
    };
    let one_attempt = || Bench::with(&[("rules", TWO_RULES), ("max_attempts", "1")]);
    let (_, calls) = run(&one_attempt(), None);
    for crash in Crash::each(calls) {
        let bench = one_attempt();
        run(&bench, Some(crash));
        sent_until_taken(&bench, &["1"]);
        let page = bench.get("/dead-letters").body;
        let letters = page["deadLetters"].as_array().unwrap();
        let first = letters.iter().filter(|letter| letter["rule"] == "first").count();
        assert_eq!(first, 1, "{crash:?}");
        // The other rule's only attempt may have been lost with the process: then that is said too.
        let second = letters.iter().any(|letter| letter["rule"] == "second");
        let taken = !bench.receiver.taken_by("second.example").is_empty();
        assert!(second || taken, "{crash:?}");
    }
}

#[test]
fn wherever_a_redelivery_dies_the_event_is_handled_or_still_a_dead_letter() {
    let poisoned = || {
        let bench = Bench::with(&[("rules", common::ONE_RULE), ("max_attempts", "1")]);
        bench.receiver.answers_next([500]);
        assert_eq!(bench.deliver(&["1"]).status, 200);
        bench
    };
    let redeliver = || common::post("/dead-letters/1:redeliver", &[], "");
    let counted = poisoned();
    let store = UnsteadyKeyValue::over(counted.store.clone()).with_crash(None);
    assert_eq!(now(answered(&counted.function_on(store.clone()), redeliver())).status, 200);
    for crash in Crash::each(store.calls()) {
        let bench = poisoned();
        let store = UnsteadyKeyValue::over(bench.store.clone()).with_crash(Some(crash));
        now(answered(&bench.function_on(store), redeliver()));
        ticked_until_quiet(&bench);
        let is_letter = !bench.keys("dead-letters/").is_empty();
        let is_taken = !bench.receiver.taken_by("hook.example").is_empty();
        assert!(is_letter || is_taken, "{crash:?}");
        assert_eq!(bench.keys("redelivered/"), [""; 0], "{crash:?}");
    }
}
