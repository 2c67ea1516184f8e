//! Whoever works on a relay stops when others may have it, and who dies is counted.

use std::pin::pin;
use std::task::{Context, Waker};
use std::time::Duration;

use headgate_core::{Body, Clock, Handler, Timer};
use headgate_fakes::{Tasks, pause};
use http::{Request, StatusCode};
use serde_json::Value;

use crate::memory_place::{Fault, Kind};
use crate::town::{START, Town, bytes, order, request, slowly};

#[test]
fn whoever_hears_nothing_of_the_store_stops_before_others_may_have_the_relay() {
    let town = Town::new();
    let content = bytes(25);
    let put = Request::put("/to/b/y").body(slowly(&town, &content, Duration::from_secs(100)));
    let function = town.function();
    let work = async {
        let answered = function.handle(put.unwrap()).await;
        (answered.status(), town.clock.now().since(START))
    };
    let outage = async {
        town.clock.sleep(Duration::from_secs(1)).await;
        town.store.fail();
    };
    let ((status, after), ()) = town.drive(futures_util::future::join(work, outage));
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(after < Duration::from_secs(30), "{after:?}");
    assert_eq!(town.to.count("abort"), 0, "whoever has it by now needs what was written");
}

#[test]
fn each_upload_of_a_relay_has_a_name_of_its_own() {
    let town = Town::of(Kind::default(), Kind { keeps: true, ..Kind::default() });
    town.from.put("x", bytes(95));
    for fault in [Fault::BreaksAt(35), Fault::Changes, Fault::BreaksAt(15)] {
        town.from.fail_next("open", fault);
    }
    let receipt = town.relay("x", "y", "");
    assert_eq!(receipt["status"], "succeeded", "{receipt}");
    assert_eq!(town.to.count("begin"), 2);
    assert_eq!(town.to.content("y").unwrap(), town.from.content("x").unwrap());
}

#[test]
fn a_relay_whose_workers_die_again_and_again_fails_and_says_so() {
    let town =
        Town::of(Kind::default(), Kind { size: None, needs_length: false, ..Kind::default() });
    town.from.put("x", bytes(25));
    for _ in 0..30 {
        town.to.fail_next("write", Fault::Stalls);
    }
    let mut context = Context::from_waker(Waker::noop());
    let function = town.function();
    let mut asked = request("POST", "/relays", order("x", "y", "").as_bytes());
    asked.headers_mut().insert("idempotency-key", "k".parse().unwrap());
    for _ in 0..20 {
        // It dies in the middle.
        let mut work = pin!(function.handle(asked));
        for _ in 0..20 {
            if work.as_mut().poll(&mut context).is_ready() {
                break;
            }
        }
        town.clock.advance(Duration::from_secs(31));
        asked = request("POST", "/tick", b"");
    }
    let receipt = town.get("/relays").json()["relays"][0].clone();
    assert_eq!(receipt["error"]["code"], "WorkLost", "{receipt}");
    assert!(town.to.count("write") < 12, "{:?}", town.to.log());
    assert_eq!(town.to.uploads(), 0);
}

#[test]
fn a_file_in_one_part_that_takes_longer_than_the_limit_fails_and_names_it() {
    let to = Kind { size: None, needs_length: false, ..Kind::default() };
    let town = Town::of(Kind::default(), to).with("time_limit_seconds", "5");
    town.from.put("x", bytes(25));
    town.to.fail_next("write", Fault::Stalls);
    let receipt = town.relay("x", "y", "");
    assert_eq!(receipt["error"]["code"], "TimeLimit", "{receipt}");
    assert!(receipt["error"]["message"].as_str().unwrap().contains("time_limit_seconds"));
    assert_eq!(town.to.uploads(), 0);
}

#[test]
fn a_file_that_never_comes_to_its_end_within_the_limit_fails_unless_it_can_be_gone_on_with() {
    for (has_validators, status) in [(true, "succeeded"), (false, "failed")] {
        let from = Kind { has_validators, ..Kind::default() };
        let town = Town::of(from, Kind { is_slow: true, ..Kind::default() });
        let town = town.with("time_limit_seconds", "5");
        town.from.put("x", bytes(2_000));
        let id = town.relay("x", "y", "")["id"].as_str().unwrap().to_owned();
        let receipt = town.tick_until_over(&id);
        assert_eq!(receipt["status"], status, "{receipt}");
        if status == "failed" {
            assert_eq!(receipt["error"]["code"], "TimeLimit", "{receipt}");
            assert_eq!(town.to.uploads(), 0);
        }
    }
}

#[test]
fn a_source_that_becomes_another_file_each_time_is_given_up() {
    let town = Town::new();
    town.from.put("x", bytes(95));
    town.from.fail_at((0..400).map(|call| match call % 2 {
        0 => (call, Fault::BreaksAt(35)),
        _ => (call, Fault::Changes),
    }));
    let id = town.relay("x", "y", "")["id"].as_str().unwrap().to_owned();
    let receipt = town.tick_until_over(&id);
    assert_eq!(receipt["status"], "failed", "{receipt}");
    assert!(town.from.count("open") < 20, "{receipt}");
}

/// Asks for a relay, has it stopped while it waits for the next try, and gives what became of it.
fn stopped(town: &Town, body: &str) -> Value {
    let function = town.function();
    let id = town.drive(async {
        let answered = function.handle(request("POST", "/relays", body.as_bytes())).await;
        let receipt = answered.into_body().read(10_000).await.unwrap();
        let receipt: Value = serde_json::from_slice(&receipt).unwrap();
        let id = receipt["id"].as_str().unwrap().to_owned();
        for _ in 0..3 {
            pause().await;
        }
        let cancel = request("POST", &format!("/relays/{id}:cancel"), b"");
        assert_eq!(function.handle(cancel).await.status(), 202);
        id
    });
    town.tick_until_over(&id)
}

#[test]
fn a_relay_that_is_stopped_at_its_end_has_arrived_or_leaves_nothing() {
    for (fault, status) in [(Fault::Forgets, "cancelled"), (Fault::Lost, "succeeded")] {
        let mut town = Town::new();
        town.tasks = Tasks::beside_the_answer();
        town.from.put("x", bytes(35));
        for fault in [Fault::Refused, Fault::Refused, Fault::Refused, fault] {
            town.to.fail_next("commit", fault);
        }
        let receipt = stopped(&town, &order("x", "y", ""));
        assert_eq!(receipt["status"], status, "{receipt} {:?}", town.to.log());
        assert_eq!(town.to.files().len(), usize::from(status == "succeeded"));
        assert_eq!((town.to.uploads(), town.to.count("begin")), (0, 1));
    }
}

#[test]
fn many_files_are_stopped_beside_the_request_that_asks_for_it() {
    let mut town = Town::new();
    for name in 1..4 {
        town.from.put(&format!("d/{name}"), bytes(35));
    }
    // All of them wait for a better time.
    town.to.fail_at((0..100).map(|call| (call, Fault::Refused)));
    let body = r#"{"source":{"place":"a","prefix":"d"},"destination":{"place":"b","folder":"in"}}"#;
    let receipt = town.post("/relays", body).json();
    assert_eq!(receipt["status"], "running", "{receipt}");
    let id = receipt["id"].as_str().unwrap();
    town.clock.advance(Duration::from_secs(31));
    town.tasks = Tasks::beside_the_answer();
    let answered = town.post(&format!("/relays/{id}:cancel"), "");
    assert_eq!(answered.status, 202, "{answered:?}");
    assert_eq!(town.tick_until_over(id)["status"], "cancelled");
}

#[test]
fn a_request_with_a_file_waits_for_others_and_not_for_ever() {
    let town = Town::new().with("parallel", "1");
    let function = town.function();
    let put = |name: &str, seconds| {
        let body = slowly(&town, &bytes(25), Duration::from_secs(seconds));
        function.handle(Request::put(format!("/to/b/{name}")).body(body).unwrap())
    };
    let (first, second) = town.drive(futures_util::future::join(put("1", 10), put("2", 10)));
    assert_eq!((first.status().as_u16(), second.status().as_u16()), (201, 201));
    let (first, second) = town.drive(futures_util::future::join(put("3", 40), put("4", 1)));
    assert_eq!((first.status().as_u16(), second.status().as_u16()), (201, 503));
    assert!(second.headers().contains_key("retry-after"));
    assert_eq!(town.to.files(), ["1", "2", "3"]);
}

#[test]
fn whoever_pushes_again_while_a_push_fails_may_do_so_at_once() {
    for steps in 0.. {
        let mut town = Town::new();
        town.store = town.store.yielding();
        town.to.fail_next("write", Fault::Refused);
        let function = town.function();
        let put = || {
            let put = Request::put("/to/b/y").header("idempotency-key", "k");
            put.body(Body::from(bytes(25))).unwrap()
        };
        let mut early = Box::pin(function.handle(put()));
        let mut context = Context::from_waker(Waker::noop());
        if (0..steps).any(|_| early.as_mut().poll(&mut context).is_ready()) {
            assert!(steps > 10, "the store lets others go first");
            return;
        }
        let beside = town.send(&function, put()).status;
        town.drive(early);
        let again = town.send(&function, put());
        assert!(again.status.is_success(), "{steps} {beside} {again:?}");
        assert_eq!(town.to.content("y").unwrap(), bytes(25));
    }
}
