//! The contract in OpenAPI names the routes, and requests that are none are answered so.

use std::collections::BTreeSet;

use headgate_fakes::{Answered, Contract};
use headgate_file_relay::openapi::DOCUMENT;

use crate::town::{Town, bytes, order, request};

/// Every route, with its method.
const ROUTES: [&str; 18] = [
    "GET /relays",
    "POST /relays",
    "GET /relays/{id}",
    "GET /relays/{id}/events",
    "POST /relays/{id}:cancel",
    "POST /relays/{id}:resume",
    "POST /to/{place}/{path}",
    "PUT /to/{place}/{path}",
    "PATCH /uploads/{token}",
    "GET /from/{place}/{path}",
    "HEAD /from/{place}/{path}",
    "GET /places",
    "GET /outbox",
    "GET /dead-letters",
    "POST /dead-letters/{id}:redeliver",
    "POST /tick",
    "GET /healthz",
    "GET /openapi.json",
];

#[test]
fn the_contract_names_every_route_with_its_methods() {
    let town = Town::new();
    let mut described = BTreeSet::new();
    for operation in Contract::read(DOCUMENT).operations() {
        let asked = operation
            .path
            .replace("{id}", "1")
            .replace("{place}", "b")
            .replace("{path}", "a")
            .replace("{token}", "1");
        let function = town.function();
        let request = request(&operation.method, &asked, b"");
        operation.assert_describes(&town.drive(Answered::read(&function, request)));
        described.insert(format!("{} {}", operation.method, operation.path));
    }
    assert_eq!(described, BTreeSet::from(ROUTES.map(str::to_owned)));
    let served = town.get("/openapi.json");
    assert_eq!(served.body, DOCUMENT.as_bytes());
    assert_eq!(served.json()["paths"].as_object().unwrap().len(), 15);
}

#[test]
fn another_method_is_answered_405_with_those_that_there_are() {
    let town = Town::new();
    for (method, path, allow) in [
        ("DELETE", "/relays", "GET, POST"),
        ("PUT", "/relays/x", "GET"),
        ("GET", "/relays/x:cancel", "POST"),
        ("GET", "/to/b/x", "POST, PUT"),
        ("PUT", "/uploads/x", "PATCH"),
        ("POST", "/from/a/x", "GET, HEAD"),
        ("GET", "/tick", "POST"),
    ] {
        let answer = town.send(&town.function(), request(method, path, b""));
        assert_eq!(
            (answer.status.as_u16(), &answer.headers["allow"]),
            (405, &allow.parse().unwrap())
        );
    }
    for path in ["/", "/relays/", "/relays/x/y", "/relays/x:start", "/relays/x:cancel/events"] {
        assert_eq!(town.get(path).status, 404, "{path}");
    }
}

#[test]
fn a_request_that_is_none_is_answered_400_and_touches_nothing() {
    let town = Town::new();
    for body in ["", "[]", "{}", &order("../x", "y", ""), &order("x", "y", r#""conflict":"ask""#)] {
        assert_eq!(town.post("/relays", body).status, 400, "{body}");
    }
    let long = format!("{}{}", order("x", "y", ""), " ".repeat(2 * 1024 * 1024));
    assert_eq!(town.post("/relays", &long).status, 413);
    for path in ["/relays?status=done", "/relays?after=x", "/relays?x=1"] {
        assert_eq!(town.get(path).status, 400, "{path}");
    }
    assert!(town.from.log().is_empty() && town.to.log().is_empty());
    assert!(town.keys("").is_empty());
}

#[test]
fn variables_that_cannot_be_put_into_force_are_named() {
    for (name, value, said) in [
        ("places", "", "variable places is not set"),
        ("places", "[a]\nkind = \"cloud\"\n", "variable places"),
        ("parallel", "0", "variable parallel must be a whole number from 1 to 256"),
        ("time_limit_seconds", "x", "variable time_limit_seconds must be"),
        ("retention_days", "91", "variable retention_days must be"),
        ("stall_timeout_seconds", "3601", "variable stall_timeout_seconds must be"),
        (
            "chunk_bytes",
            "327679",
            "variable chunk_bytes must be a whole number from 327680 to 62914560",
        ),
        ("public_url", "http://gateway.example/", "variable public_url must be"),
        ("source", "a b", "variable source must be"),
    ] {
        let error = Town::new().with(name, value).try_function().err().unwrap().to_string();
        assert!(error.starts_with(said), "{error}");
    }
}

#[test]
fn relays_are_shown_a_page_at_a_time() {
    let town = Town::new();
    town.from.put("x", bytes(5));
    for number in 0..60 {
        town.relay("x", &format!("y{number}"), "");
    }
    let first = town.get("/relays").json();
    assert_eq!(first["relays"].as_array().unwrap().len(), 50);
    let next = first["next"].as_str().unwrap();
    let second = town.get(&format!("/{next}")).json();
    assert_eq!(second["relays"].as_array().unwrap().len(), 10);
    assert!(second["next"].is_null());
}
