use std::collections::{BTreeMap, BTreeSet};

use crate::town::{
    ATTEMPT, DAY, Function, REGISTRATION, Town, get, post, put, request, send, tick,
};
use headgate_fakes::Crash;

/// As a caller does that gets no good answer.
fn twice(ask: impl Fn() -> u16) {
    if ask() == 503 {
        ask();
    }
}

/// A life that is broken off everywhere: registrations, ticks, attempts, a deletion. Another instance has ticks between.
fn live(town: &Town, function: &Function, survivor: &Function) {
    let settle = || {
        for _ in 0..3 {
            town.advance(600);
            tick(survivor);
        }
    };
    twice(|| put(function, "/tokens/t", REGISTRATION).status.as_u16());
    let two = REGISTRATION.replace("one", "two");
    twice(|| put(function, "/tokens/t", &two).status.as_u16());
    settle();
    town.advance(4 * DAY);
    post(function, "/tick", "");
    settle();
    twice(|| put(function, "/tokens/late", REGISTRATION).status.as_u16());
    settle();
    town.advance(7 * DAY);
    twice(|| post(function, "/attempts", ATTEMPT).status.as_u16());
    post(function, "/tick", "");
    settle();
    twice(|| send(function, request("DELETE", "/tokens/late", "")).status.as_u16());
    post(function, "/tick", "");
    settle();
}

/// Every event that was ever recorded has arrived, none else has, and of a token's record none was recorded twice.
fn check(town: &Town, what: &str) {
    let mut recorded = BTreeSet::new();
    for record in town.store.history() {
        for pending in record["events"].as_array().into_iter().flatten() {
            recorded.insert(pending["event"]["id"].as_str().unwrap().to_owned());
        }
    }
    let mut arrived: BTreeMap<String, String> = BTreeMap::new();
    for (event, said) in town.net.events().iter().zip(town.net.said()) {
        arrived.insert(event.id().to_owned(), said);
    }
    assert_eq!(arrived.keys().cloned().collect::<BTreeSet<_>>(), recorded, "{what}");
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for said in arrived.values() {
        *counts.entry(said).or_default() += 1;
    }
    for (said, count) in counts {
        // Two tokens have the instance `one`.
        let most = if said.ends_with("one") { 2 } else { 1 };
        assert!(count <= most, "{what}: {said} {count} times");
    }
}

#[test]
fn after_a_crash_at_any_call_every_event_arrives_with_one_id_and_none_is_invented() {
    let town = Town::new().with("expired_at_expiry", "true");
    let undisturbed = town.store.with_crash(None);
    let instance = Town { store: undisturbed.clone(), ..town.clone() }.function();
    live(&town, &instance, &town.function());
    check(&town, "undisturbed");
    assert_eq!(town.net.said().len(), 6);
    let calls = undisturbed.calls();
    assert!(calls > 40, "the life calls the store, {calls} times");
    for crash in Crash::each(calls) {
        let town = Town::new().with("expired_at_expiry", "true");
        let store = town.store.with_crash(Some(crash));
        let survivor = town.function();
        live(&town, &Town { store, ..town.clone() }.function(), &survivor);
        check(&town, &format!("{crash:?}"));
        assert_eq!(get(&survivor, "/outbox").json()["outbox"], serde_json::json!([]));
        let shown = get(&survivor, "/tokens").json();
        for token in shown["tokens"].as_array().unwrap() {
            let emitted = token["emitted"].to_string();
            assert!(emitted.contains("GatewayTokenExpired"), "{crash:?}: {token}");
        }
    }
}
