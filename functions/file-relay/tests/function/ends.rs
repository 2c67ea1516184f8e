//! What has no end by itself comes to one, and nothing is lost on the way.

use std::time::Duration;

use headgate_core::{Handler, KeyValue};
use headgate_fakes::now;
use serde_json::{Value, json};

use crate::memory_place::{Fault, Kind};
use crate::town::{Town, bytes, order, request};

const FOLDER: &str =
    r#"{"source":{"place":"a","prefix":"d"},"destination":{"place":"b","folder":"in"}}"#;

#[test]
fn a_list_that_does_not_go_on_ends_the_relay() {
    let town = Town::new();
    town.from.put("d/1", bytes(25));
    town.from.fail_next("list", Fault::Circles);
    town.from.fail_next("list", Fault::Circles);
    let receipt = town.post("/relays", FOLDER).json();
    assert_eq!(receipt["error"]["code"], "SourceRefused", "{receipt}");
}

#[test]
fn files_whose_names_are_lost_have_not_arrived() {
    let town = Town::new();
    town.from.put("d/1", bytes(25));
    town.to.fail_at((0..100).map(|call| (call, Fault::Refused)));
    let receipt = town.post("/relays", FOLDER).json();
    assert_eq!(receipt["status"], "running", "{receipt}");
    for key in town.keys("file-relay/files/") {
        now(town.store.memory().delete(&key)).unwrap();
    }
    let receipt = town.tick_until_over(receipt["id"].as_str().unwrap());
    assert_eq!(
        (&receipt["status"], &receipt["error"]["code"]),
        (&json!("failed"), &json!("FilesUnknown"))
    );
}

#[test]
fn one_of_many_files_is_remembered_as_long_as_the_whole() {
    let town = Town::new().with("retention_days", "1");
    for name in ["d/1", "d/2"] {
        town.from.put(name, bytes(25));
    }
    town.to.put("in/2", "old");
    let receipt = town.post("/relays", FOLDER).json();
    let resume = format!("/relays/{}:resume", receipt["id"].as_str().unwrap());
    town.clock.advance(Duration::from_secs(23 * 3_600));
    assert_eq!(town.post(&resume, "").json()["relays"]["failed"], 1);
    town.clock.advance(Duration::from_secs(2 * 3_600));
    town.tick();
    town.to.take("in/2");
    let resumed = town.post(&resume, "").json();
    assert_eq!(resumed["relays"]["succeeded"], 2, "{resumed}");
    assert_eq!(town.to.count("commit"), 2, "what arrived is not carried again");
    town.clock.advance(Duration::from_secs(49 * 3_600));
    town.tick();
    town.tick();
    assert!(town.keys("file-relay/").is_empty(), "{:?}", town.keys("file-relay/"));
}

#[test]
fn as_many_files_as_may_be_listed_fit_into_the_store() {
    let town = Town::new();
    let folder = vec!["a".repeat(200); 4].join("/");
    let sources: Vec<Value> = (0..1_000)
        .map(|number| json!({ "place": "a", "path": format!("{folder}/{number}") }))
        .collect();
    town.from.put(&format!("{folder}/7"), bytes(25));
    let body = |folder: &str| {
        json!({ "sources": sources, "destination": { "place": "b", "folder": folder } }).to_string()
    };
    let keyed = |body: &str| {
        let mut request = request("POST", "/relays", body.as_bytes());
        request.headers_mut().insert("idempotency-key", "k".parse().unwrap());
        town.send(&town.function(), request)
    };
    let answered = keyed(&body("in"));
    assert_eq!(answered.status, 200, "{answered:?}");
    let receipt = answered.json();
    assert_eq!(receipt["relays"]["total"], 1_000);
    assert_eq!((&receipt["relays"]["succeeded"], town.to.files().len()), (&json!(1), 1));
    assert_eq!(keyed(&body("in")).json(), receipt);
    assert_eq!(keyed(&body("out")).status, 422);
}

#[test]
fn a_file_that_grows_while_it_is_opened_is_not_cut_off() {
    let town = Town::of(Kind { has_validators: false, ..Kind::default() }, Kind::default());
    town.from.put("x", bytes(25));
    town.from.fail_next("open", Fault::Grows);
    let answered = town.get("/from/a/x");
    assert_eq!((answered.status.as_u16(), answered.body), (200, bytes(25).repeat(2)));
}

#[test]
fn a_file_of_somebody_elses_is_no_page_of_the_functions() {
    let town = Town::new();
    town.from.put("x", "<script>");
    let answered = town.get("/from/a/x");
    assert_eq!(answered.headers["content-security-policy"], "sandbox");
    assert_eq!(answered.headers["content-disposition"], "attachment");
}

#[test]
fn events_end_after_an_hour_even_where_the_store_does_not_answer() {
    let town = Town::new().with("time_limit_seconds", "1");
    town.from.put("x", bytes(25));
    town.to.fail_at((0..100).map(|call| (call, Fault::Refused)));
    let receipt = town.relay("x", "y", "");
    assert_eq!(receipt["status"], "running", "{receipt}");
    let events = format!("/relays/{}/events", receipt["id"].as_str().unwrap());
    let function = town.function();
    let text = town.drive(async {
        let answered = function.handle(request("GET", &events, b"")).await;
        town.store.fail();
        answered.into_body().read(1_000_000).await.unwrap()
    });
    assert_eq!(
        text.split(|byte| *byte == b'\n').filter(|line| line.starts_with(b":")).count(),
        3_601
    );
    town.store.recover();
    assert_eq!(town.post("/relays", &order("x", "x", "").replace("\"b\"", "\"a\"")).status, 400);
}
