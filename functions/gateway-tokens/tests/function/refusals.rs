use std::time::Duration;

use headgate_core::PlatformEvent;
use headgate_fakes::TokenKey;

use crate::town::{ATTEMPT, DAY, REGISTRATION, START, Town, get, post, put, request, send};

#[test]
fn a_registration_that_is_wrong_is_told_what_to_mend_and_stores_nothing() {
    let town = Town::new();
    let function = town.function();
    let long = "x".repeat(513);
    for (body, detail) in [
        ("{", "the body is not JSON: see line 1, column 1"),
        ("[]", "the body must be a JSON object"),
        ("{}", "gatewayId is missing"),
        (r#"{"gatewayId":1}"#, "gatewayId must be a text"),
        (r#"{"gatewayId":"g"}"#, "instanceId is missing"),
        (r#"{"gatewayId":"g","instanceId":"i"}"#, "expiresAt is missing"),
        (r#"{"gatewayId":"g","instanceId":"i","expiresAt":7}"#, "expiresAt must be an RFC 3339"),
        (&REGISTRATION.replace('Z', ""), "expiresAt must be an RFC 3339 time"),
        (&REGISTRATION.replace("one", ""), "instanceId must be 1 to 512 bytes"),
        (&REGISTRATION.replace("one", &long), "instanceId must be 1 to 512 bytes"),
        (r#"{"expires":1}"#, "\"expires\" is not known; there is gatewayId, instanceId, expiresAt"),
    ] {
        let answered = put(&function, "/tokens/t", body);
        assert_eq!((answered.status.as_u16(), answered.result()), (400, "RequestInvalid"));
        assert!(answered.json()["detail"].as_str().unwrap().starts_with(detail), "{answered:?}");
    }
    assert!(town.store.history().is_empty());
}

#[test]
fn a_token_itself_is_refused_and_shown_to_nobody() {
    let town = Town::new();
    let body = r#"{"gatewayId":"g","instanceId":"i","token":"GatewayKey g&202502250856&hunter2"}"#;
    let answered = put(&town.function(), "/tokens/t", body);
    assert_eq!(answered.status, 400);
    let detail = "token is not read, and was not kept: send when it expires as expiresAt";
    assert_eq!(answered.json()["detail"], detail);
    assert!(!format!("{:?}", town.diagnostics.take()).contains("hunter2"));
}

#[test]
fn attempts_that_are_wrong_are_refused_all_together() {
    let town = Town::new();
    let function = town.function();
    put(&function, "/tokens/t", REGISTRATION);
    town.advance(11 * DAY);
    let many = format!("[{}]", vec![ATTEMPT; 257].join(","));
    let unknown = r#"{"id":"t","instanceId":"two"}"#;
    for (body, status, detail) in [
        ("x", 400, "the body is not JSON: see line 1, column 1"),
        ("[]", 400, "an array must hold 1 to 256 attempts"),
        (&many, 400, "an array must hold 1 to 256 attempts"),
        ("7", 400, "attempt 0: an attempt must be a JSON object"),
        (r#"{"id":"t","instanceId":7}"#, 400, "attempt 0: instanceId must be a text"),
        (r#"{"id":"other"}"#, 404, "attempt 0: no token has this id"),
        (r#"{"id":"t","instanceId":"one","x":1}"#, 400, "attempt 0: \"x\" is not known"),
        (&format!("[{ATTEMPT},{{}}]"), 400, "attempt 1: id is missing"),
        (&format!("[{ATTEMPT},{unknown}]"), 404, "attempt 1: no token has this id and instanceId"),
    ] {
        let answered = post(&function, "/attempts", body);
        assert_eq!(answered.status, status, "{answered:?}");
        assert!(answered.json()["detail"].as_str().unwrap().starts_with(detail), "{answered:?}");
    }
    assert!(town.net.events().is_empty());
    let most = format!("[{}]", vec![ATTEMPT; 256].join(","));
    assert_eq!(post(&function, "/attempts", &most).body, r#"{"attempts":256,"expired":256}"#);
    assert_eq!(town.net.said().len(), 1);
}

#[test]
fn a_batch_of_attempts_lists_the_store_once_and_looks_at_each_token_once() {
    let town = Town::new();
    let function = town.function();
    put(&function, "/tokens/t", REGISTRATION);
    put(&function, "/tokens/u", REGISTRATION);
    let calls_of = |body: &str| {
        let before = town.store.calls();
        assert_eq!(post(&function, "/attempts", body).status, 200);
        town.store.calls() - before
    };
    // One list; and for each token, one read that finds it and one that judges it.
    assert_eq!(calls_of(ATTEMPT), 1 + 2);
    assert_eq!(calls_of(&format!("[{}]", vec![ATTEMPT; 256].join(","))), 1 + 2);
    assert_eq!(calls_of(&format!("[{ATTEMPT},{{\"id\":\"u\"}},{ATTEMPT}]")), 1 + 2 * 2);
}

#[test]
fn bodies_that_are_too_long_are_refused() {
    let function = Town::new().function();
    let answered = put(&function, "/tokens/t", &" ".repeat(16 * 1024 + 1));
    assert_eq!((answered.status.as_u16(), answered.result()), (413, "BodyNotRead"));
    assert_eq!(post(&function, "/attempts", &" ".repeat(512 * 1024 + 1)).status, 413);
}

#[test]
fn ids_routes_and_methods_that_are_not_there_are_refused() {
    let function = Town::new().function();
    assert_eq!(get(&function, "/tokens/%ff").result(), "RequestInvalid");
    assert_eq!(get(&function, "/tokens/%0a").result(), "RequestInvalid");
    for path in ["/", "/tokens/", "/tokens/a/b", "/dead-letters/x", "/token"] {
        assert_eq!(get(&function, path).result(), "RouteNotFound", "{path}");
    }
    for (method, path, allow) in [
        ("POST", "/tokens", "GET"),
        ("POST", "/tokens/t", "DELETE, GET, PUT"),
        ("GET", "/attempts", "POST"),
        ("GET", "/tick", "POST"),
        ("POST", "/healthz", "GET"),
        ("POST", "/outbox", "GET"),
        ("POST", "/openapi.json", "GET"),
    ] {
        let answered = send(&function, request(method, path, ""));
        assert_eq!((answered.status.as_u16(), answered.result()), (405, "MethodNotAllowed"));
        assert_eq!(answered.headers["allow"], allow, "{path}");
    }
}

#[test]
fn without_access_nobody_but_the_platform_may_ask_anything_but_healthz_and_tick() {
    let town = Town::new().with("access", "");
    let function = town.function();
    for path in ["/tokens", "/tokens/t", "/attempts", "/outbox", "/dead-letters", "/openapi.json"] {
        assert_eq!(get(&function, path).result(), "AccessNotConfigured", "{path}");
    }
    assert_eq!(get(&function, "/healthz").body, "ok\n");
    assert_eq!(post(&function, "/tick", "").status, 200);
    let mut from_platform = request("GET", "/tokens", "");
    from_platform.extensions_mut().insert(PlatformEvent::Other);
    assert_eq!(send(&function, from_platform).status, 200);
}

#[test]
fn a_policy_as_access_lets_a_good_token_pass_and_nothing_else() {
    let town = Town::new();
    let key = TokenKey::new(&town.random);
    let function = town.with("access", &key.policy()).function();
    let with = |token: Option<String>| {
        let mut asked = request("GET", "/tokens", "");
        if let Some(token) = token {
            asked.headers_mut().insert("authorization", token.parse().unwrap());
        }
        send(&function, asked)
    };
    let refused = with(None);
    assert_eq!((refused.status.as_u16(), refused.result()), (401, "TokenNotPresent"));
    assert_eq!(refused.headers["www-authenticate"], "Bearer");
    assert_eq!(with(Some(key.authorization(START))).result(), "TokenExpired");
    let expires = START.plus(Duration::from_secs(DAY));
    assert_eq!(with(Some(key.authorization(expires))).status, 200);
    assert_eq!(get(&function, "/healthz").body, "ok\n");
    assert_eq!(post(&function, "/tick", "").status, 200);
}

#[test]
fn a_store_that_is_down_is_said_and_reported() {
    let town = Town::new();
    let function = town.function();
    town.store.fail();
    for (method, path, body) in [
        ("GET", "/tokens", ""),
        ("GET", "/tokens/t", ""),
        ("PUT", "/tokens/t", REGISTRATION),
        ("DELETE", "/tokens/t", ""),
        ("POST", "/attempts", ATTEMPT),
        ("POST", "/tick", ""),
    ] {
        let answered = send(&function, request(method, path, body));
        assert_eq!((answered.status.as_u16(), answered.result()), (503, "StoreUnavailable"));
        assert!(!town.diagnostics.take().is_empty(), "{method} {path}");
    }
    town.store.recover();
    assert_eq!(put(&function, "/tokens/t", REGISTRATION).status, 201);
}
