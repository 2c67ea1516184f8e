use headgate_entra_http::openapi::DOCUMENT;
use headgate_entra_http::variables::VARIABLES;
use serde_json::Value;

use crate::town::{ORDERS, Town, request, send};

#[test]
fn the_contract_names_every_route_with_its_methods() {
    let document: Value = serde_json::from_str(DOCUMENT).unwrap();
    assert_eq!(document["openapi"], "3.1.0");
    let function = Town::new(ORDERS).function();
    for (path, operations) in document["paths"].as_object().unwrap() {
        let methods = operations.as_object().unwrap().keys();
        for method in methods.filter(|key| *key != "parameters") {
            let asked = path.replace("{upstream}", "orders").replace("{path}", "orders");
            let answered = send(&function, request(&method.to_uppercase(), &asked, ""));
            let documented = &operations[method]["responses"];
            let status = answered.status.as_str().to_owned();
            assert!(documented.get(&status).is_some(), "{method} {path} answers {status}");
            assert_ne!(answered.result(), "RouteNotFound", "{path}");
        }
    }
    let served = send(&function, request("GET", "/openapi.json", "")).body;
    assert_eq!(served, DOCUMENT);
}

#[test]
fn the_readme_says_what_the_variables_mean() {
    let readme = include_str!("../../README.md");
    for variable in VARIABLES {
        let environment = format!("HEADGATE_{}", variable.name.to_uppercase());
        let line = format!("| `{}` | `{environment}` | {} |", variable.name, variable.meaning);
        assert!(readme.contains(&line), "{line}");
    }
}

#[test]
fn methods_that_a_route_has_not_are_refused() {
    let function = Town::new(ORDERS).function();
    for (method, path, allow) in [
        ("POST", "/healthz", "GET"),
        ("POST", "/openapi.json", "GET"),
        ("POST", "/consent/callback", "GET"),
        ("PUT", "/consent/orders", "DELETE, GET, POST"),
    ] {
        let answered = send(&function, request(method, path, ""));
        assert_eq!((answered.status.as_u16(), answered.header("allow")), (405, Some(allow)));
    }
    assert_eq!(send(&function, request("GET", "/", "")).result(), "RouteNotFound");
    assert_eq!(send(&function, request("GET", "/nobody/orders", "")).result(), "UpstreamNotFound");
}
