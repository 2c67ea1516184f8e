use std::collections::BTreeSet;

use headgate_cloud_flow::openapi::DOCUMENT;
use headgate_cloud_flow::variables::VARIABLES;
use serde_json::Value;

use crate::tenant::{Tenant, request, send};

const README: &str = include_str!("../../README.md");

#[tokio::test]
async fn the_contract_names_every_route_with_its_methods() {
    let document: Value = serde_json::from_str(DOCUMENT).unwrap();
    assert_eq!(document["openapi"], "3.1.0");
    let function = Tenant::new().await.function().await;
    for (path, operations) in document["paths"].as_object().unwrap() {
        for method in operations.as_object().unwrap().keys() {
            let asked = path.replace("{name}", "nobody").replace("{id}", "1");
            let answered = send(&function, request(&method.to_uppercase(), &asked, "")).await;
            let documented = &operations[method]["responses"];
            let status = answered.status.as_str().to_owned();
            assert!(documented.get(&status).is_some(), "{method} {path} answers {status}");
            assert_ne!(answered.result(), "RouteNotFound", "{path}");
        }
    }
    assert_eq!(send(&function, request("GET", "/openapi.json", "")).await.body, DOCUMENT);
}

#[tokio::test]
async fn the_readme_the_contract_and_the_function_have_the_same_routes() {
    let document: Value = serde_json::from_str(DOCUMENT).unwrap();
    let mut described = BTreeSet::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for method in operations.as_object().unwrap().keys() {
            described.insert(format!("{} {path}", method.to_uppercase()));
        }
    }
    let table = README.split("\n| route |").nth(1).unwrap().split("\n\n").next().unwrap();
    let listed: BTreeSet<_> =
        table.lines().filter_map(|row| row.split('`').nth(1)).map(str::to_owned).collect();
    assert_eq!(listed, described);
    let function = Tenant::new().await.function().await;
    let unknown = send(&function, request("GET", "/nowhere", "")).await.json();
    let served = unknown["detail"].as_str().unwrap().strip_prefix("this function serves ").unwrap();
    let served: BTreeSet<_> = served.split(", ").flat_map(|some| some.split(" and ")).collect();
    let paths: BTreeSet<_> =
        described.iter().map(|route| route.split(' ').nth(1).unwrap()).collect();
    assert_eq!(served, paths);
}

#[test]
fn the_readme_says_what_the_variables_mean() {
    for variable in VARIABLES {
        let environment = format!("HEADGATE_{}", variable.name.to_uppercase());
        let line = format!("| `{}` | `{environment}` | {} |", variable.name, variable.meaning);
        assert!(README.contains(&line), "{line}");
    }
}

#[test]
fn the_readme_lists_every_reason() {
    let source = include_str!("../../src/reply.rs");
    let names = source.split("const fn name").nth(1).unwrap().split("fn detail").next().unwrap();
    for name in names.split('"').skip(1).step_by(2) {
        assert!(README.contains(&format!("| `{name}` |")), "{name}");
    }
}
