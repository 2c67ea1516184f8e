use headgate_fakes::Contract;
use headgate_gateway_tokens::openapi::DOCUMENT;

use crate::town::{Town, request, send};

const README: &str = include_str!("../../README.md");

#[test]
fn the_contract_names_every_route_with_its_methods() {
    let function = Town::new().function();
    for operation in Contract::read(DOCUMENT).operations() {
        let asked = operation.path.replace("{id}", "1");
        operation.assert_describes(&send(&function, request(&operation.method, &asked, "")));
    }
    assert_eq!(send(&function, request("GET", "/openapi.json", "")).body, DOCUMENT);
}

#[test]
fn the_readme_the_contract_and_the_function_have_the_same_routes() {
    let function = Town::new().function();
    let not_found = send(&function, request("GET", "/nowhere", ""));
    Contract::read(DOCUMENT).assert_routes(README, &not_found);
}
