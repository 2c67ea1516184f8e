use headgate_events::Data;
use serde_json::{Value, json};

use crate::town::{ATTEMPT, DAY, REGISTRATION, START, Town, get, post, put, request, send, tick};

fn data(town: &Town) -> Value {
    match town.net.events().pop().unwrap().data() {
        Data::Json(json) => json.value().unwrap(),
        other => panic!("{other:?}"),
    }
}

/// contracts §1.3 and §1.4.
#[test]
fn near_expiry_is_said_once_with_the_documented_subject_and_data() {
    let town = Town::new();
    let function = town.function();
    put(&function, "/tokens/t", REGISTRATION);
    tick(&function);
    town.advance(3 * DAY - 1);
    tick(&function);
    assert!(town.net.events().is_empty());
    town.advance(1);
    for _ in 0..3 {
        tick(&function);
        town.advance(DAY);
    }
    assert_eq!(town.net.said(), ["GatewayTokenNearExpiry /gateways/gw/one"]);
    let event = town.net.events().pop().unwrap();
    assert_eq!(event.event_type(), "Microsoft.ApiManagement.GatewayTokenNearExpiry");
    assert_eq!(event.source(), "/headgate/gateway-tokens");
    assert_eq!(event.time().unwrap().as_str(), "2025-02-18T08:56:00.0000000Z");
    let expected = json!({
        "gatewayInfo": { "gatewayId": "gw", "instanceId": "one" },
        "tokenInfo": { "expiresAtUtc": "2025-02-25T08:56:00.0000000Z" },
    });
    assert_eq!(data(&town), expected);
}

/// contracts §1.3 and §1.4.
#[test]
fn an_attempt_with_an_expired_token_is_said_once_with_the_documented_subject_and_data() {
    let town = Town::new();
    let function = town.function();
    put(&function, "/tokens/t", REGISTRATION);
    assert_eq!(post(&function, "/attempts", ATTEMPT).body, r#"{"attempts":1,"expired":0}"#);
    town.advance(11 * DAY);
    tick(&function);
    assert!(town.net.events().is_empty(), "nobody asked for it at the expiry");
    for _ in 0..2 {
        assert_eq!(post(&function, "/attempts", ATTEMPT).body, r#"{"attempts":1,"expired":1}"#);
    }
    assert_eq!(town.net.said(), ["GatewayTokenExpired /gateways/gw/one"]);
    let event = town.net.events().pop().unwrap();
    assert_eq!(event.event_type(), "Microsoft.ApiManagement.GatewayTokenExpired");
    assert_eq!(event.time().unwrap().as_str(), "2025-02-26T08:56:00.0000000Z");
    let expected = json!({
        "gatewayInfo": { "gatewayId": "gw", "instanceId": "one" },
        "tokenInfo": { "expiredAtUtc": "2025-02-25T08:56:00.0000000Z" },
    });
    assert_eq!(data(&town), expected);
}

#[test]
fn a_late_tick_says_the_expiry_when_asked_and_an_attempt_does_not_say_it_again() {
    let town = Town::new().with("expired_at_expiry", "true");
    let function = town.function();
    put(&function, "/tokens/t", REGISTRATION);
    town.advance(40 * DAY);
    tick(&function);
    post(&function, "/attempts", ATTEMPT);
    assert_eq!(town.net.said(), ["GatewayTokenExpired /gateways/gw/one"]);
    let event = town.net.events().pop().unwrap();
    assert_eq!(event.time().unwrap().as_str(), "2025-02-25T08:56:00.0000000Z");
}

#[test]
fn near_expiry_is_said_daily_when_asked() {
    let town = Town::new().with("near_expiry_daily", "true").with("near_expiry_days", "2");
    let function = town.function();
    put(&function, "/tokens/t", REGISTRATION);
    for _ in 0..12 * 24 {
        tick(&function);
        town.advance(3_600);
    }
    assert_eq!(town.net.said(), ["GatewayTokenNearExpiry /gateways/gw/one"; 2]);
}

#[test]
fn a_clock_that_goes_back_says_nothing_twice() {
    let town = Town::new().with("expired_at_expiry", "true");
    let function = town.function();
    put(&function, "/tokens/t", REGISTRATION);
    for days in [5, 4, 0, 5, 11, 6, 0, 11] {
        town.clock.set(START.plus(std::time::Duration::from_secs(days * DAY)));
        tick(&function);
    }
    let said = ["GatewayTokenNearExpiry /gateways/gw/one", "GatewayTokenExpired /gateways/gw/one"];
    assert_eq!(town.net.said(), said);
}

#[test]
fn a_new_expiry_is_a_new_token_and_the_same_expiry_is_not() {
    let town = Town::new();
    let function = town.function();
    town.advance(5 * DAY);
    assert_eq!(put(&function, "/tokens/t", REGISTRATION).status, 201);
    assert_eq!(town.net.said().len(), 1, "what is near is said at once");
    let same = REGISTRATION.replace("08:56:00Z", "09:56:00.00000001+01:00");
    assert_eq!(put(&function, "/tokens/t", &same).status, 200);
    tick(&function);
    assert_eq!(town.net.said().len(), 1);
    let renewed = REGISTRATION.replace("2025-02-25", "2025-02-26");
    let answered = put(&function, "/tokens/t", &renewed);
    assert_eq!((answered.status.as_u16(), town.net.said().len()), (200, 2));
}

#[test]
fn an_event_that_waits_outlives_its_token() {
    let town = Town::that_goes_on();
    let town = Town { store: town.store.at_hand(), ..town };
    let function = town.function();
    town.advance(5 * DAY);
    put(&function, "/tokens/t", REGISTRATION);
    // The process ends before it has handed anything over.
    drop(town.tasks.take());
    let survivor = Town { tasks: Town::new().tasks, ..town.clone() }.function();
    assert_eq!(send(&survivor, request("DELETE", "/tokens/t", "")).status, 204);
    assert_eq!(get(&survivor, "/tokens").body, r#"{"more":false,"tokens":[]}"#);
    town.advance(11);
    tick(&survivor);
    assert_eq!(town.net.said(), ["GatewayTokenNearExpiry /gateways/gw/one"]);
}
