use std::time::Duration;

use headgate_core::PlatformEvent;
use headgate_fakes::TokenKey;

use crate::town::{ORDERS, START, Town, get, post, request, send};

#[test]
fn without_access_nobody_may_ask_anything_but_healthz_and_tick() {
    let function = Town::new(ORDERS).with("access", " ").function();
    for (method, path) in [
        ("GET", "/proxy/orders/a"),
        ("POST", "/outcomes"),
        ("GET", "/backends"),
        ("GET", "/backends/orders"),
        ("POST", "/backends/orders:trip"),
        ("POST", "/backends/orders:reset"),
        ("GET", "/outbox"),
        ("GET", "/dead-letters"),
        ("POST", "/dead-letters/1:redeliver"),
        ("GET", "/openapi.json"),
    ] {
        let answered = send(&function, request(method, path, ""));
        assert_eq!(answered.status, 403, "{path}");
        assert_eq!(answered.json()["title"], "access is not configured", "{path}");
        assert_eq!(answered.result(), "AccessNotConfigured", "{path}");
    }
    assert_eq!(get(&function, "/healthz").body, "ok\n");
    assert_eq!(post(&function, "/tick", "").status, 200);
}

#[test]
fn a_policy_as_access_lets_a_good_token_pass_and_nothing_else() {
    let town = Town::new(ORDERS);
    let (key, other) = (TokenKey::new(&town.random), TokenKey::new(&town.random));
    let function = town.with("access", &key.policy()).function();
    for (method, path) in [("GET", "/proxy/orders/a"), ("GET", "/backends")] {
        let with = |token: Option<String>| {
            let mut asked = request(method, path, "");
            if let Some(token) = token {
                asked.headers_mut().insert("authorization", token.parse().unwrap());
            }
            send(&function, asked)
        };
        let refused = with(None);
        assert_eq!((refused.status.as_u16(), refused.result()), (401, "TokenNotPresent"), "{path}");
        assert_eq!(refused.header("www-authenticate"), Some("Bearer"), "{path}");
        let hour = Duration::from_secs(3600);
        assert_eq!(with(Some(key.authorization(START))).result(), "TokenExpired", "{path}");
        let unknown = with(Some(other.authorization(START.plus(hour))));
        assert_eq!(unknown.result(), "TokenSignatureInvalid", "{path}");
        assert_eq!(with(Some(key.authorization(START.plus(hour)))).status, 200, "{path}");
    }
    assert_eq!(get(&function, "/healthz").body, "ok\n");
    assert_eq!(post(&function, "/tick", "").status, 200);
}

#[test]
fn what_the_platform_sends_passes_without_access() {
    let function = Town::new(ORDERS).with("access", "").function();
    let mut tick = request("POST", "/tick", "{}");
    tick.extensions_mut().insert(PlatformEvent::Tick);
    assert_eq!(send(&function, tick).status, 200);
}

#[test]
fn an_unknown_route_and_a_wrong_method_are_told_what_there_is() {
    let function = Town::new(ORDERS).function();
    for path in ["/", "/proxy", "/backends/orders:explode", "/dead-letters/1", "/nothing"] {
        assert_eq!(get(&function, path).status, 404, "{path}");
    }
    for (method, path, allow) in [
        ("POST", "/backends", "GET"),
        ("POST", "/backends/orders", "GET"),
        ("GET", "/backends/orders:trip", "POST"),
        ("GET", "/backends/orders:reset", "POST"),
        ("GET", "/outcomes", "POST"),
        ("GET", "/tick", "POST"),
        ("POST", "/healthz", "GET"),
        ("POST", "/openapi.json", "GET"),
        ("POST", "/outbox", "GET"),
    ] {
        let answered = send(&function, request(method, path, ""));
        assert_eq!(
            (answered.status.as_u16(), answered.header("allow")),
            (405, Some(allow)),
            "{path}"
        );
    }
}

#[test]
fn a_configuration_that_cannot_be_honoured_is_refused_with_its_place() {
    let refused = |name, value: &str| match Town::new(ORDERS).with(name, value).try_function() {
        Ok(_) => panic!("{name} = {value} is accepted"),
        Err(error) => error.to_string(),
    };
    for (name, value, expected) in [
        ("backends", " ", "variable backends is not set"),
        (
            "backends",
            "[backends.a]\nurl = 7",
            "variable backends: line 2, column 1: backends.a.url",
        ),
        ("backends", "file:none.toml", "variable backends: file none.toml cannot be read"),
        ("sinks", "[a]\nkind = \"carrier-pigeon\"", "variable sinks: line 2"),
        (
            "sinks",
            "[a]\nkind = \"event-grid-topic\"\nurl = \"https://t.example\"\ncredential = \"nobody\"",
            "variable sinks: line 4, column 1: a.credential names none of the credentials",
        ),
        (
            "credentials",
            "[robots]\nkind = \"person\"",
            "variable credentials: line 2, column 1: robots.kind",
        ),
        ("token_cache_key", "hunter2", "variable token_cache_key: sealing key is not base64"),
        ("source", "not a source", "variable source must be a URI reference"),
        (
            "access",
            "[default.validate-jwt]",
            "variable access: line 1, column 10: validate-jwt needs one of",
        ),
        (
            "state_cache_ms",
            "60001",
            "variable state_cache_ms must be a whole number from 0 to 60000",
        ),
        ("backend_timeout_ms", "0", "variable backend_timeout_ms must be a whole number from 1 to"),
    ] {
        let error = refused(name, value);
        assert!(error.starts_with(expected), "{error}");
    }
}

#[test]
fn what_has_no_effect_is_reported_at_the_start() {
    let town = Town::new(&format!(
        "{ORDERS}\n[backends.all]\ntype = \"Pool\"\n[backends.all.pool]\nservices = \
         [{{ id = \"/backends/orders\", preferredCarbonEmission = \"Low\" }}]"
    ));
    drop(town.function());
    let reports: Vec<_> = town.diagnostics.take().into_iter().map(|(_, text)| text).collect();
    assert!(
        reports.iter().any(|text| text.contains("preferredCarbonEmission has no effect")),
        "{reports:?}"
    );
}
