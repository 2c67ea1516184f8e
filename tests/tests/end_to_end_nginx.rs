//! nginx asks the native server by `auth_request` and hands on to a backend what may pass.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "what goes wrong in a test has to stop it"
)]

use std::collections::BTreeMap;

use bytes::Bytes;
use headgate_peers::issuer::{
    DEFAULT_API_CLIENT_ID, DEFAULT_TENANT, Issuer, IssuerConfig, Running, TokenSpec, TokenVersion,
};
use headgate_tests::host::{Native, RUNTIME};
use headgate_tests::peer::{Backend, Nginx};
use http::{Request, Response};
use serde_json::{Value, json};

struct Setup {
    issuer: Running,
    nginx: Nginx,
    _function: Native,
}

impl Setup {
    fn with(failure: &str) -> Self {
        let issuer = RUNTIME.block_on(Issuer::start(IssuerConfig::default())).unwrap();
        let policy = format!(
            r#"
            [default.validate-jwt]
            header-name = "Authorization"
            {failure}
            openid-config = ["{}"]
            audiences = ["{DEFAULT_API_CLIENT_ID}"]
            "#,
            issuer.metadata_url(DEFAULT_TENANT, TokenVersion::V2)
        );
        let function = Native::start(&BTreeMap::from([("policy".to_owned(), policy)])).unwrap();
        let nginx = Nginx::start(function.address(), Backend::start()).unwrap();
        Self { issuer, nginx, _function: function }
    }

    fn get(&self, headers: &[(&str, &str)]) -> Response<Bytes> {
        let mut request = Request::get("/orders/7?verbose=1");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.nginx.send(request.body(Bytes::new()).unwrap()).unwrap()
    }
}

fn seen_by_backend(response: &Response<Bytes>) -> Value {
    assert_eq!(response.status(), 200, "{response:?}");
    serde_json::from_slice(response.body()).unwrap()
}

#[test]
fn the_backend_learns_who_called_and_never_from_the_caller() {
    let setup = Setup::with("");
    let spec = TokenSpec { roles: vec!["Orders.Read".to_owned()], ..TokenSpec::default() };
    let token = format!("Bearer {}", setup.issuer.mint(&spec).unwrap());
    let response = setup.get(&[
        ("authorization", &token),
        ("x-auth-subject", "root"),
        ("x-auth-roles", "Admin"),
        ("x-auth-scopes", "everything"),
    ]);
    let seen = seen_by_backend(&response);
    assert_eq!(seen["path"], "/orders/7");
    assert_eq!(seen["headers"]["x-auth-roles"], "Orders.Read");
    assert_eq!(seen["headers"]["x-auth-client"], json!(spec.client));
    assert_eq!(seen["headers"]["x-auth-subject"], setup.issuer.claims(&spec)["sub"]);
    // The token has no scopes, and what the caller says of them does not get through.
    assert_ne!(seen["headers"]["x-auth-scopes"], "everything");
}

#[test]
fn a_refused_caller_gets_401_with_the_challenge_and_the_backend_nothing() {
    let setup = Setup::with("");
    let response = setup.get(&[]);
    assert_eq!(response.status(), 401);
    assert_eq!(response.headers()["www-authenticate"], "Bearer");

    let expired = TokenSpec { expires_in: Some(-60), ..TokenSpec::default() };
    let token = format!("Bearer {}", setup.issuer.mint(&expired).unwrap());
    let response = setup.get(&[("authorization", &token), ("x-auth-subject", "root")]);
    assert_eq!(response.status(), 401);
    let challenge = response.headers()["www-authenticate"].to_str().unwrap();
    assert!(challenge.contains("invalid_token") && challenge.contains("expired"), "{challenge}");
    assert!(!String::from_utf8_lossy(response.body()).contains("x-auth"), "{response:?}");
}

#[test]
fn a_policy_that_answers_403_makes_nginx_answer_403() {
    let setup = Setup::with("failed-validation-httpcode = 403");
    assert_eq!(setup.get(&[]).status(), 403);
}
