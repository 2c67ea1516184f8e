//! The contract in OpenAPI names the routes, and requests that are none are answered so.

use headgate_desktop_flow::openapi;
use serde_json::Value;

use crate::town::{GREET, Town, get, keyed, post, request, send};

#[test]
fn the_contract_names_every_route_with_its_methods() {
    let document: Value = serde_json::from_str(openapi::DOCUMENT).unwrap();
    let paths = document["paths"].as_object().unwrap();
    for (path, methods) in [
        ("/runs", vec!["get", "post"]),
        ("/runs/{id}", vec!["get"]),
        ("/runs/{id}:cancel", vec!["post"]),
        ("/flows", vec!["get"]),
        ("/flows/{id}", vec!["get"]),
        ("/completions/{token}", vec!["post"]),
        ("/connections", vec!["get"]),
        ("/connections/{id}", vec!["delete", "get", "put"]),
        ("/outbox", vec!["get"]),
        ("/dead-letters", vec!["get"]),
        ("/dead-letters/{id}:redeliver", vec!["post"]),
        ("/tick", vec!["post"]),
        ("/healthz", vec!["get"]),
        ("/openapi.json", vec!["get"]),
    ] {
        let mut there: Vec<_> = paths[path]
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .filter(|name| *name != "parameters")
            .collect();
        there.sort_unstable();
        assert_eq!(there, methods, "{path}");
    }
    assert_eq!(paths.len(), 14);
    assert_eq!(get(&Town::new().function(), "/openapi.json").json(), document);
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
