use std::collections::BTreeSet;

use serde_json::Value;

use crate::Answered;

/// A function's OpenAPI document, which is held to what the function and its README say.
#[derive(Clone, Debug)]
pub struct Contract(Vec<Operation>);

/// A method of a path in a [`Contract`].
#[derive(Clone, Debug)]
pub struct Operation {
    /// The method, in capitals.
    pub method: String,
    /// The path, with names in braces.
    pub path: String,
    statuses: Vec<String>,
}

impl Contract {
    /// Reads the document.
    ///
    /// # Panics
    ///
    /// When it is not of OpenAPI 3.1, or describes nothing.
    #[must_use]
    #[expect(clippy::unwrap_used, reason = "what is no document fails the test")]
    pub fn read(document: &str) -> Self {
        let document: Value = serde_json::from_str(document).unwrap();
        assert_eq!(document.get("openapi").and_then(Value::as_str), Some("3.1.0"));
        let mut operations = Vec::new();
        for (path, methods) in document.get("paths").and_then(Value::as_object).unwrap() {
            let methods = methods.as_object().unwrap().iter();
            for (method, operation) in methods.filter(|(member, _)| *member != "parameters") {
                let responses = operation.get("responses").and_then(Value::as_object).unwrap();
                operations.push(Operation {
                    method: method.to_uppercase(),
                    path: path.clone(),
                    statuses: responses.keys().cloned().collect(),
                });
            }
        }
        assert!(!operations.is_empty(), "it describes nothing");
        Self(operations)
    }

    /// Every method of every path.
    pub fn operations(&self) -> impl Iterator<Item = &Operation> {
        self.0.iter()
    }

    /// Asserts that the README's table of routes, and the problem that answers a path which is none, name the routes of the
    /// document.
    ///
    /// # Panics
    ///
    /// When they do not.
    #[expect(clippy::unwrap_used, reason = "what has no routes fails the test")]
    pub fn assert_routes(&self, readme: &str, not_found: &Answered) {
        let described: BTreeSet<_> =
            self.operations().map(|one| format!("{} {}", one.method, one.path)).collect();
        let table = readme.split("\n| route |").nth(1).unwrap().split("\n\n").next().unwrap();
        let listed: BTreeSet<_> =
            table.lines().filter_map(|row| row.split('`').nth(1)).map(str::to_owned).collect();
        assert_eq!(listed, described, "the README");
        let problem = not_found.json();
        let served = problem.get("detail").and_then(Value::as_str).unwrap();
        let served = served.strip_prefix("this function serves ").unwrap();
        let served: BTreeSet<_> = served.split(", ").flat_map(|some| some.split(" and ")).collect();
        let paths: BTreeSet<_> = self.operations().map(|one| one.path.as_str()).collect();
        assert_eq!(served, paths, "the function");
    }
}

impl Operation {
    /// Asserts that the function knows the route, and that the document describes a response of the answer's status.
    ///
    /// # Panics
    ///
    /// When it is not so.
    pub fn assert_describes(&self, answered: &Answered) {
        let Self { method, path, statuses } = self;
        let status = answered.status.as_str();
        assert!(statuses.iter().any(|known| known == status), "{method} {path} answers {status}");
        assert_ne!(answered.result(), "RouteNotFound", "{method} {path}");
    }
}

#[cfg(test)]
mod tests {
    use headgate_core::Outcome;
    use http::{HeaderMap, StatusCode};

    use super::*;

    const DOCUMENT: &str = r#"{"openapi":"3.1.0","paths":{
        "/a/{id}":{"parameters":[],"get":{"responses":{"200":{}}}},"/b":{"post":{"responses":{"202":{}}}}}}"#;

    const README: &str =
        "\n| route | what it does |\n| --- | --- |\n| `GET /a/{id}` | x |\n| `POST /b` | y |\n\n";

    fn answered(status: u16, result: &'static str, detail: &str) -> Answered {
        Answered {
            status: StatusCode::from_u16(status).unwrap(),
            headers: HeaderMap::new(),
            body: serde_json::json!({ "detail": detail }).to_string(),
            outcome: Some(Outcome { route: "a", result }),
        }
    }

    #[test]
    fn a_contract_has_each_method_of_each_path() {
        let contract = Contract::read(DOCUMENT);
        let operations: Vec<_> =
            contract.operations().map(|one| (one.method.as_str(), one.path.as_str())).collect();
        assert_eq!(operations, [("GET", "/a/{id}"), ("POST", "/b")]);
        contract.operations().next().unwrap().assert_describes(&answered(200, "ok", ""));
        contract.assert_routes(README, &answered(404, "x", "this function serves /a/{id} and /b"));
    }

    #[test]
    #[should_panic(expected = "GET /a/{id} answers 404")]
    fn a_status_that_is_not_described_fails_the_test() {
        let contract = Contract::read(DOCUMENT);
        contract.operations().next().unwrap().assert_describes(&answered(404, "ok", ""));
    }

    #[test]
    #[should_panic(expected = "GET /a/{id}")]
    fn a_route_that_is_not_found_fails_the_test() {
        let contract = Contract::read(DOCUMENT);
        contract.operations().next().unwrap().assert_describes(&answered(200, "RouteNotFound", ""));
    }

    #[test]
    #[should_panic(expected = "the README")]
    fn a_route_that_the_readme_does_not_list_fails_the_test() {
        let served = answered(404, "x", "this function serves /a/{id} and /b");
        Contract::read(DOCUMENT).assert_routes(&README.replace("`POST /b`", ""), &served);
    }

    #[test]
    #[should_panic(expected = "the function")]
    fn a_route_that_the_function_does_not_name_fails_the_test() {
        let served = answered(404, "x", "this function serves /a/{id}");
        Contract::read(DOCUMENT).assert_routes(README, &served);
    }
}
