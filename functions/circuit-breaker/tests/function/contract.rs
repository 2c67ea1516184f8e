use headgate_circuit_breaker::openapi::DOCUMENT;
use headgate_circuit_breaker::variables::VARIABLES;
use serde_json::Value;

use crate::town::{ORDERS, Town, request, send};

#[test]
fn the_contract_names_every_route_with_its_methods() {
    let document: Value = serde_json::from_str(DOCUMENT).unwrap();
    assert_eq!(document["openapi"], "3.1.0");
    let function = Town::new(ORDERS).function();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for method in operations.as_object().unwrap().keys() {
            let asked = path
                .replace("{backend}", "orders")
                .replace("{name}", "orders")
                .replace("{path}", "a")
                .replace("{id}", "1");
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
fn the_examples_are_documents_that_load() {
    for document in
        [include_str!("../../backends/example.toml"), include_str!("../../backends/local.toml")]
    {
        let town = Town::new(document).with("orders_code", "s").with("orders_token", "s");
        drop(town.function());
    }
}
