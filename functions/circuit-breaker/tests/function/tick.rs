use headgate_core::KeyValue;

use crate::town::{Function, ORDERS, Town, get, now, post};

fn trip(town: &Town, function: &Function) {
    town.net.answers("orders.example", 500);
    for _ in 0..3 {
        get(function, "/proxy/orders/a");
    }
}

#[test]
fn a_tick_closes_what_is_due_without_any_traffic() {
    let town = Town::new(ORDERS);
    let function = town.function();
    trip(&town, &function);
    assert_eq!(post(&function, "/tick", "").status, 200);
    assert_eq!(town.net.event_types(), ["Opened"]);
    town.advance(15);
    for _ in 0..3 {
        let answered = post(&function, "/tick", "");
        assert_eq!(answered.body, r#"{"Outputs":{},"Logs":[],"ReturnValue":null}"#);
    }
    assert_eq!(town.net.event_types(), ["Opened", "Closed"]);
    let closed = town.net.events().pop().unwrap();
    assert_eq!(closed.time().unwrap().as_str(), "2025-04-02T00:47:58.0000000Z");
}

#[test]
fn a_tick_without_anything_to_do_writes_nothing() {
    let town = Town::new(ORDERS);
    let function = town.function();
    post(&function, "/tick", "");
    assert!(town.store.history().is_empty());
}

#[test]
fn a_sink_that_fails_gets_its_event_on_a_later_tick() {
    let town = Town::new(ORDERS);
    let function = town.function();
    town.net.sink_answers(500);
    trip(&town, &function);
    let waiting = get(&function, "/outbox").json();
    assert_eq!(waiting["outbox"][0]["sinks"][0]["sink"], "watch");
    town.net.sink_answers(200);
    town.advance(60);
    post(&function, "/tick", "");
    // What is new goes first, and nobody promises an order.
    assert_eq!(town.net.event_types(), ["Closed", "Opened"]);
    assert_eq!(get(&function, "/outbox").json()["outbox"].as_array().unwrap().len(), 0);
}

#[test]
fn a_dead_letter_is_shown_and_sent_again() {
    let town = Town::new(ORDERS);
    let function = town.function();
    town.net.sink_answers(400);
    trip(&town, &function);
    let letters = get(&function, "/dead-letters").json();
    let letter = &letters["deadLetters"][0];
    assert_eq!(
        (letter["sink"].as_str(), letter["deadletterreason"].as_str()),
        (Some("watch"), Some("NotRetried"))
    );
    let id = letter["id"].as_str().unwrap();
    town.net.sink_answers(200);
    assert_eq!(
        post(&function, &format!("/dead-letters/{id}:redeliver"), "").json()["delivered"],
        1
    );
    assert_eq!(town.net.event_types(), ["Opened"]);
    assert_eq!(post(&function, &format!("/dead-letters/{id}:redeliver"), "").status, 404);
}

#[test]
fn a_backend_that_is_not_configured_any_more_is_said_to_be_closed_once() {
    let town = Town::new(ORDERS);
    let function = town.function();
    trip(&town, &function);
    let other = "[backends.other]\nurl = \"https://other.example\"";
    let renamed =
        Town { variables: town.clone().with("backends", other).variables, ..town.clone() };
    let function = renamed.function();
    for _ in 0..3 {
        assert_eq!(post(&function, "/tick", "").status, 200);
    }
    assert_eq!(town.net.event_types(), ["Opened", "Closed"]);
    assert_eq!(
        town.net.events()[1].subject(),
        Some("/backends/orders/circuit-breaker/rules/failures")
    );
    let left = now(town.store.get("breaker/orders")).unwrap().unwrap();
    assert_eq!(left, br#"{"state":{"v":1}}"#);
}
