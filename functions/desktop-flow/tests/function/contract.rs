//! The contract in OpenAPI names the routes, and requests that are none are answered so.

use std::collections::BTreeSet;

use headgate_desktop_flow::openapi::DOCUMENT;
use headgate_fakes::Contract;

use crate::town::{GREET, Town, get, keyed, post, request, send};

/// Every route, with its method.
const ROUTES: [&str; 17] = [
    "GET /runs",
    "POST /runs",
    "GET /runs/{id}",
    "POST /runs/{id}:cancel",
    "GET /flows",
    "GET /flows/{id}",
    "POST /completions/{token}",
    "GET /connections",
    "DELETE /connections/{id}",
    "GET /connections/{id}",
    "PUT /connections/{id}",
    "GET /outbox",
    "GET /dead-letters",
    "POST /dead-letters/{id}:redeliver",
    "POST /tick",
    "GET /healthz",
    "GET /openapi.json",
];

#[test]
fn the_contract_names_every_route_with_its_methods() {
    let function = Town::new().function();
    let mut described = BTreeSet::new();
    for operation in Contract::read(DOCUMENT).operations() {
        let asked = operation.path.replace("{id}", "1").replace("{token}", "1");
        operation.assert_describes(&send(&function, request(&operation.method, &asked, "")));
        described.insert(format!("{} {}", operation.method, operation.path));
    }
    assert_eq!(described, BTreeSet::from(ROUTES.map(str::to_owned)));
    let served = get(&function, "/openapi.json");
    assert_eq!(served.body, DOCUMENT);
    assert_eq!(served.json()["paths"].as_object().unwrap().len(), 14);
}

#[test]
fn another_method_is_answered_405_with_those_that_there_are() {
    let function = Town::new().function();
    for (method, path, allow) in [
        ("DELETE", "/runs", "GET, POST"),
        ("PUT", "/runs/x", "GET"),
        ("GET", "/runs/x:cancel", "POST"),
        ("POST", "/flows", "GET"),
        ("GET", "/completions/x", "POST"),
        ("POST", "/connections/x", "DELETE, GET, PUT"),
        ("GET", "/tick", "POST"),
    ] {
        let answer = send(&function, request(method, path, ""));
        assert_eq!((answer.status.as_u16(), answer.header("allow")), (405, Some(allow)), "{path}");
    }
    for path in ["/", "/runs/", "/runs/x/y", "/runs/x:start", "/completions/"] {
        assert_eq!(get(&function, path).status, 404, "{path}");
    }
}

#[test]
fn a_key_that_came_with_another_request_starts_nothing() {
    let town = Town::new();
    let function = town.function();
    assert_eq!(send(&function, keyed("k", GREET)).status, 202);
    let answer = send(&function, keyed("k", &GREET.replace("Ada", "Bob")));
    assert_eq!((answer.status.as_u16(), answer.result()), (422, "IdempotencyKeyReused"));
    assert_eq!(send(&function, keyed("\"k\"", GREET)).status, 202);
    assert_eq!(town.sessions().len(), 1);
    for key in ["", "a\"b"] {
        assert_eq!(send(&function, keyed(key, GREET)).result(), "IdempotencyKeyInvalid");
    }
    let mut twice = keyed("a", GREET);
    twice.headers_mut().append("idempotency-key", "b".parse().unwrap());
    assert_eq!(send(&function, twice).result(), "IdempotencyKeyInvalid");
    for _ in 0..2 {
        assert_eq!(post(&function, "/runs", GREET).status, 202);
    }
    assert_eq!(town.sessions().len(), 3, "without a key each request is another run");
}

#[test]
fn a_request_that_is_none_is_answered_400() {
    let town = Town::new();
    for body in [
        "",
        "[]",
        "{}",
        &GREET.replace("unattended", "sometimes"),
        &GREET.replace("\"flow\"", "\"Flow\""),
    ] {
        let answer = post(&town.function(), "/runs", body);
        assert_eq!((answer.status.as_u16(), answer.result()), (400, "RequestInvalid"), "{body}");
    }
    let long = GREET.replace("Ada", &"x".repeat(2 * 1024 * 1024));
    assert_eq!(post(&town.function(), "/runs", &long).status, 413);
    assert!(town.net.requests().is_empty());
}
