use std::collections::BTreeSet;

use serde_json::Value;

use crate::town::{Function, ORDERS, Town, get, post};
use headgate_fakes::Crash;

/// A life that is broken off everywhere: a trip by requests, its end, a trip by reports, one by hand, a reset, ticks.
fn live(town: &Town, function: &Function) {
    town.net.answers("orders.example", 500);
    for _ in 0..4 {
        get(function, "/proxy/orders/a");
    }
    town.advance(11);
    get(function, "/proxy/orders/a");
    town.advance(11);
    post(function, "/tick", "");
    for id in 0..4 {
        let report = format!(r#"{{"backend":"orders","id":"{id}","status":500}}"#);
        // As a reporter does that gets no good answer.
        for _ in 0..2 {
            if post(function, "/outcomes", &report).status == 200 {
                break;
            }
        }
    }
    town.advance(11);
    post(function, "/backends/orders:trip", "");
    post(function, "/backends/orders:reset", "");
    town.advance(60);
    post(function, "/tick", "");
}

/// The ids of the events that were ever recorded with a state, and how often the states say that the circuit opened and
/// closed.
fn caused(history: &[Value]) -> (BTreeSet<String>, usize, usize) {
    let mut ids = BTreeSet::new();
    let (mut opened, mut closed) = (0, 0);
    let mut before = BTreeSet::new();
    for record in history {
        for pending in record["events"].as_array().into_iter().flatten() {
            ids.insert(pending["event"]["id"].as_str().unwrap().to_owned());
        }
        let rules = record["state"]["r"].as_object();
        let open: BTreeSet<_> = rules
            .into_iter()
            .flatten()
            .filter(|(_, rule)| !rule["p"]["o"].is_null())
            .map(|(name, rule)| (name.clone(), rule["p"]["o"]["o"].to_string()))
            .collect();
        opened += open.difference(&before).count();
        closed += before.difference(&open).count();
        before = open;
    }
    (ids, opened, closed)
}

fn check(town: &Town, what: &str) {
    let (ids, opened, closed) = caused(&town.store.history());
    let arrived: BTreeSet<_> =
        town.net.events().iter().map(|event| event.id().to_owned()).collect();
    assert_eq!(arrived, ids, "{what}");
    let types = town.net.event_types();
    let count = |name: &str| types.iter().filter(|known| *known == name).count();
    assert_eq!((count("Opened"), count("Closed")), (opened, closed), "{what}");
}

#[test]
fn after_a_crash_at_any_call_every_event_arrives_once_by_its_id_and_none_is_invented() {
    let town = Town::new(ORDERS);
    let undisturbed = town.store.with_crash(None);
    live(&town, &Town { store: undisturbed.clone(), ..town.clone() }.function());
    check(&town, "undisturbed");
    assert_eq!(
        town.net.event_types(),
        ["Opened", "Closed", "Opened", "Closed", "Opened", "Closed"]
    );
    let calls = undisturbed.calls();
    assert!(calls > 40, "the life calls the store, {calls} times");
    for crash in Crash::each(calls) {
        let town = Town::new(ORDERS);
        let store = town.store.with_crash(Some(crash));
        live(&town, &Town { store, ..town.clone() }.function());
        // Another instance takes up what was left, as long as it takes.
        let survivor = town.function();
        for _ in 0..5 {
            town.advance(3_700);
            assert_eq!(post(&survivor, "/tick", "").status, 200);
        }
        check(&town, &format!("{crash:?}"));
        assert_eq!(get(&survivor, "/outbox").json()["outbox"], serde_json::json!([]));
    }
}

#[test]
fn work_that_is_cut_short_beside_the_answers_is_taken_up_by_a_tick() {
    let town = Town::that_goes_on(ORDERS);
    let function = town.function();
    post(&function, "/backends/orders:trip", "");
    // The process ends before it has handed anything over.
    drop(town.tasks.take());
    assert!(town.net.events().is_empty());
    let survivor = town.function();
    town.advance(11);
    post(&survivor, "/tick", "");
    town.settle();
    check(&town, "cut short");
    assert_eq!(town.net.event_types(), ["Opened"]);
}
