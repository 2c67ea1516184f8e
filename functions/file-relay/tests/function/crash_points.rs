//! A process may die at any call of the store; another one goes on.

use std::time::Duration;

use headgate_core::Body;
use headgate_fakes::Crash;
use http::Request;
use serde_json::Value;

use crate::town::{Town, bytes, order, request};

/// How many calls of the store a relay makes.
fn calls(body: &str) -> usize {
    let town = Town::new();
    town.from.put("x", bytes(35));
    town.from.put("d/1", bytes(15));
    town.from.put("d/2", bytes(25));
    town.post("/relays", body);
    town.store.calls()
}

/// A request that is the same each time it comes.
fn keyed(method: &str, path: &str, body: &[u8]) -> Request<Body> {
    let mut request = request(method, path, body);
    request.headers_mut().insert("idempotency-key", "k".parse().unwrap());
    request
}

/// A process that will die.
fn dying(town: &Town, crash: Crash) -> Town {
    Town { store: town.store.with_crash(crash), ..town.clone() }
}

/// The receipt of a relay whose process died: whoever asked asks again, and another process brings it to its end.
fn asked_again(town: &Town, crash: Crash, body: &str) -> Value {
    let dying = dying(town, crash);
    let post = || keyed("POST", "/relays", body.as_bytes());
    dying.send(&dying.function(), post());
    town.clock.advance(Duration::from_secs(90));
    let receipt = town.send(&town.function(), post()).json();
    town.tick_until_over(receipt["id"].as_str().unwrap())
}

#[test]
fn wherever_a_process_dies_the_file_arrives_once_and_is_told_once() {
    let body = order("x", "y", "");
    for crash in Crash::each(calls(&body)) {
        let town = Town::new();
        town.from.put("x", bytes(35));
        let receipt = asked_again(&town, crash, &body);
        assert_eq!(receipt["status"], "succeeded", "{crash:?} {receipt} {:?}", town.to.log());
        assert_eq!(town.to.content("y").unwrap(), bytes(35));
        assert_eq!((town.to.files().len(), town.to.uploads()), (1, 0), "{crash:?}");
        for _ in 0..4 {
            town.clock.advance(Duration::from_secs(90));
            town.tick();
        }
        let told = town.sink.events();
        assert!(!told.is_empty(), "{crash:?}");
        assert!(told.iter().all(|event| event["id"] == told[0]["id"]), "{crash:?}");
        assert!(town.keys("file-relay/open/").is_empty(), "{crash:?}");
    }
}

#[test]
fn wherever_a_process_dies_all_of_many_files_arrive() {
    let body = r#"{"source":{"place":"a","prefix":"d"},"destination":{"place":"b","folder":"in"}}"#;
    for crash in Crash::each(calls(body)) {
        let town = Town::new();
        town.from.put("d/1", bytes(15));
        town.from.put("d/2", bytes(25));
        let receipt = asked_again(&town, crash, body);
        assert_eq!(receipt["status"], "succeeded", "{crash:?} {receipt}");
        assert_eq!(receipt["relays"]["succeeded"], 2);
        assert_eq!(town.to.files(), ["in/1", "in/2"]);
        assert_eq!(town.to.uploads(), 0);
    }
}

#[test]
fn a_request_whose_process_died_leaves_nothing_and_may_come_again() {
    let put = || keyed("PUT", "/to/b/y", &bytes(35));
    let calls = {
        let town = Town::new();
        town.send(&town.function(), put());
        town.store.calls()
    };
    for crash in Crash::each(calls) {
        let town = Town::new();
        let dying = dying(&town, crash);
        dying.send(&dying.function(), put());
        for _ in 0..4 {
            town.clock.advance(Duration::from_secs(90));
            town.tick();
        }
        // Only an upload that nobody had noted yet stays, until the request comes again.
        let is_unknown = town.to.log().last().is_some_and(|call| call.starts_with("begin"));
        assert_eq!(town.to.uploads(), usize::from(is_unknown), "{crash:?} {:?}", town.to.log());
        let answered = town.send(&town.function(), put());
        assert_eq!(answered.status, 201, "{crash:?} {answered:?}");
        assert_eq!(town.to.content("y").unwrap(), bytes(35));
        assert_eq!(town.to.uploads(), 0);
    }
}
