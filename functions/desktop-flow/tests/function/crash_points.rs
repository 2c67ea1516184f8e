//! A request that dies wherever it waits, or whose store fails at any call: afterwards there is one robot, and one event.

use std::collections::BTreeSet;
use std::task::{Context, Waker};

use headgate_core::Handler;
use headgate_fakes::Crash;

use crate::net::Trouble;
use crate::town::{GREET, Town, keyed, send};

/// A town that has seen a robot of the flow before.
fn town(settle: bool) -> Town {
    let town = Town::new();
    let town = if settle { town.with("settle_seconds", "60") } else { town };
    assert_eq!(send(&town.function(), keyed("before", GREET)).status, 202);
    town.tick_until_over(1);
    town
}

fn check(town: &Town, settle: bool, place: &str) {
    let runs = town.tick_until_over(30);
    // What was over a moment ago is tidied up by the next ticks.
    for _ in 0..2 {
        town.advance(60);
        town.tick();
    }
    let sessions = town.sessions().len() - 1;
    assert_eq!(runs.len(), 2, "{place}");
    // At least once, and always with the same id.
    let events: BTreeSet<_> =
        town.net.events().iter().map(|event| event["id"].to_string()).collect();
    assert_eq!(events.len(), 2, "{place}");
    let states: Vec<_> = runs.iter().map(|run| run["state"].as_str().unwrap()).collect();
    if settle {
        assert_eq!((sessions, states), (1, vec!["succeeded"; 2]), "{place}");
    } else {
        assert!(sessions <= 1, "{place}");
        assert_eq!(states.contains(&"uncertain"), sessions == 0, "{place}: {states:?}");
    }
    for left in ["inputs/", "open/", "outbox/"] {
        assert!(town.keys(&format!("desktop-flow/{left}")).is_empty(), "{place}: {left}");
    }
}

#[test]
fn a_request_that_is_dropped_wherever_it_waits_starts_one_robot_and_is_told_once() {
    for (settle, trouble) in [
        (true, None),
        (true, Some(Trouble::LostAfter)),
        (true, Some(Trouble::LostBefore)),
        (false, None),
    ] {
        let (mut polls, mut has_ended) = (0, false);
        while !has_ended {
            let town = town(settle);
            town.net.starts(trouble.clone());
            let steady =
                Town { store: town.store.yielding(), net: town.net.yielding(), ..town.clone() };
            let function = steady.function();
            {
                let mut request = Box::pin(function.handle(keyed("key", GREET)));
                let mut context = Context::from_waker(Waker::noop());
                has_ended = (0..polls).any(|_| request.as_mut().poll(&mut context).is_ready());
            }
            town.advance(1);
            assert!(send(&town.function(), keyed("key", GREET)).status.is_success());
            check(&town, settle, &format!("{polls} polls, {trouble:?}"));
            polls += 1;
        }
        assert!(polls > 20, "the request waits {polls} times");
    }
}

#[test]
fn a_store_that_fails_at_any_call_starts_one_robot_and_is_told_once() {
    let undisturbed = town(true);
    let counting = Town { store: undisturbed.store.with_crash(None), ..undisturbed.clone() };
    send(&counting.function(), keyed("key", GREET));
    let calls = counting.store.calls();
    assert!(calls > 10, "a request calls the store {calls} times");
    for crash in Crash::each(calls) {
        let town = town(true);
        let crashing = Town { store: town.store.with_crash(crash), ..town.clone() };
        send(&crashing.function(), keyed("key", GREET));
        town.advance(1);
        assert!(send(&town.function(), keyed("key", GREET)).status.is_success());
        check(&town, true, &format!("{crash:?}"));
    }
}

#[test]
fn a_callback_or_a_tick_that_is_dropped_wherever_it_waits_ends_the_run_once() {
    for path in ["callback", "tick"] {
        let (mut polls, mut has_ended) = (0, false);
        while !has_ended {
            let town = town(true);
            assert_eq!(send(&town.function(), keyed("key", GREET)).status, 202);
            town.advance(30);
            let address = town.sessions()[1].callback.clone().unwrap();
            let path = match path {
                "tick" => "/tick",
                _ => address.strip_prefix("https://robots.example.com/desktop-flow").unwrap(),
            };
            let steady =
                Town { store: town.store.yielding(), net: town.net.yielding(), ..town.clone() };
            let function = steady.function();
            {
                let mut request =
                    Box::pin(function.handle(crate::town::request("POST", path, "{}")));
                let mut context = Context::from_waker(Waker::noop());
                has_ended = (0..polls).any(|_| request.as_mut().poll(&mut context).is_ready());
            }
            check(&town, true, &format!("{path} after {polls} polls"));
            polls += 1;
        }
    }
}
