use headgate_cloud_flow::openapi::DOCUMENT;
use headgate_fakes::Contract;

use crate::tenant::{Tenant, request, send};

const README: &str = include_str!("../../README.md");

#[tokio::test]
async fn the_contract_names_every_route_with_its_methods() {
    let function = Tenant::new().await.function().await;
    for operation in Contract::read(DOCUMENT).operations() {
        let asked = operation.path.replace("{name}", "nobody").replace("{id}", "1");
        operation.assert_describes(&send(&function, request(&operation.method, &asked, "")).await);
    }
    assert_eq!(send(&function, request("GET", "/openapi.json", "")).await.body, DOCUMENT);
}

#[tokio::test]
async fn the_readme_the_contract_and_the_function_have_the_same_routes() {
    let function = Tenant::new().await.function().await;
    let not_found = send(&function, request("GET", "/nowhere", "")).await;
    Contract::read(DOCUMENT).assert_routes(README, &not_found);
}

#[test]
fn the_readme_lists_every_reason() {
    let source = include_str!("../../src/reply.rs");
    let names = source.split("const fn name").nth(1).unwrap().split("fn detail").next().unwrap();
    for name in names.split('"').skip(1).step_by(2) {
        assert!(README.contains(&format!("| `{name}` |")), "{name}");
    }
}
