use crate::town::{DAY, REGISTRATION, Town, get, post, put, request, send};

const SHOWN: &str = r#"{"emitted":[],"expiresAt":"2025-02-25T08:56:00.0000000Z","gatewayId":"gw","id":"t","instanceId":"one","state":"valid"}"#;

#[test]
fn a_token_is_registered_shown_and_deleted() {
    let function = Town::new().function();
    let answered = put(&function, "/tokens/t", REGISTRATION);
    assert_eq!((answered.status.as_u16(), answered.body.as_str()), (201, SHOWN));
    assert_eq!(answered.headers["cache-control"], "no-store");
    let page = format!(r#"{{"more":false,"tokens":[{SHOWN}]}}"#);
    assert_eq!(get(&function, "/tokens").body, page);
    assert_eq!(get(&function, "/tokens/t").body, page);
    let delete = || send(&function, request("DELETE", "/tokens/t", ""));
    assert_eq!((delete().status.as_u16(), delete().status.as_u16()), (204, 404));
    assert_eq!(get(&function, "/tokens/t").result(), "TokenNotFound");
    assert_eq!(put(&function, "/tokens/t", REGISTRATION).status, 201);
}

#[test]
fn an_id_has_a_token_for_each_gateway_and_instance() {
    let town = Town::new();
    let function = town.function();
    put(&function, "/tokens/a%2Fb", REGISTRATION);
    put(&function, "/tokens/a%2Fb", &REGISTRATION.replace("one", "two"));
    put(&function, "/tokens/a%2Fb", &REGISTRATION.replace("\"gw\"", "\"other\""));
    put(&function, "/tokens/c", REGISTRATION);
    let shown = get(&function, "/tokens/a%2fb").json();
    assert_eq!(shown["tokens"].as_array().unwrap().len(), 3);
    town.advance(11 * DAY);
    let answered = post(&function, "/attempts", r#"[{"id":"a/b","instanceId":"one"}]"#);
    assert_eq!(answered.body, r#"{"attempts":1,"expired":2}"#);
    send(&function, request("DELETE", "/tokens/a%2Fb", ""));
    assert_eq!(get(&function, "/tokens").json()["tokens"][0]["id"], "c");
}

#[test]
fn states_are_shown_as_they_are() {
    let town = Town::new();
    let function = town.function();
    put(&function, "/tokens/t", REGISTRATION);
    let state = || {
        let shown = get(&function, "/tokens/t").json();
        (shown["tokens"][0]["state"].clone(), shown["tokens"][0]["emitted"].to_string())
    };
    assert_eq!(state(), ("valid".into(), "[]".to_owned()));
    town.advance(9 * DAY);
    post(&function, "/tick", "");
    assert_eq!(state(), ("near-expiry".into(), r#"["GatewayTokenNearExpiry"]"#.to_owned()));
    town.advance(DAY);
    post(&function, "/attempts", r#"{"id":"t","instanceId":"one"}"#);
    let emitted = r#"["GatewayTokenNearExpiry","GatewayTokenExpired"]"#;
    assert_eq!(state(), ("expired".into(), emitted.to_owned()));
}

#[test]
fn a_sink_that_fails_gets_its_event_later_and_one_that_refuses_it_by_hand() {
    let town = Town::new();
    let function = town.function();
    town.advance(9 * DAY);
    town.net.sink_answers(500);
    put(&function, "/tokens/t", REGISTRATION);
    assert_eq!(get(&function, "/outbox").json()["outbox"][0]["sinks"][0]["sink"], "watch");
    town.net.sink_answers(400);
    town.advance(60);
    post(&function, "/tick", "");
    let letters = get(&function, "/dead-letters").json();
    let id = letters["deadLetters"][0]["id"].as_str().unwrap();
    town.net.sink_answers(200);
    let redeliver = format!("/dead-letters/{id}:redeliver");
    assert_eq!(post(&function, &redeliver, "").json()["delivered"], 1);
    assert_eq!(town.net.said(), ["GatewayTokenNearExpiry /gateways/gw/one"]);
    assert_eq!(post(&function, &redeliver, "").status, 404);
}

#[test]
fn a_tick_answers_what_a_timer_of_azure_functions_reads() {
    let answered = post(&Town::new().function(), "/tick", "");
    assert_eq!(answered.body, r#"{"Outputs":{},"Logs":[],"ReturnValue":null}"#);
}
