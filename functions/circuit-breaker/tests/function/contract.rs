use headgate_circuit_breaker::openapi::DOCUMENT;
use headgate_fakes::Contract;

use crate::town::{ORDERS, Town, request, send};

#[test]
fn the_contract_names_every_route_with_its_methods() {
    let function = Town::new(ORDERS).function();
    for operation in Contract::read(DOCUMENT).operations() {
        let asked = operation
            .path
            .replace("{backend}", "orders")
            .replace("{name}", "orders")
            .replace("{path}", "a")
            .replace("{id}", "1");
        operation.assert_describes(&send(&function, request(&operation.method, &asked, "")));
    }
    assert_eq!(send(&function, request("GET", "/openapi.json", "")).body, DOCUMENT);
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
