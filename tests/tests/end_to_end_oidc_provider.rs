//! Tokens of an OpenID provider that nobody of Headgate wrote, validated by discovery.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "what goes wrong in a test has to stop it"
)]

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use headgate_tests::face::Face;
use headgate_tests::host::{Build, ComponentHost, Host, Mounted, Native};
use headgate_tests::peer::OidcProvider;
use http::{Request, Response};

const ALGORITHMS: [&str; 5] = ["RS256", "PS256", "ES256", "ES384", "EdDSA"];

fn variables(provider: &OidcProvider) -> BTreeMap<String, String> {
    let policy = format!(
        r#"
        [default.validate-jwt]
        header-name = "Authorization"
        require-scheme = "Bearer"
        openid-config = ["{}/.well-known/openid-configuration"]
        audiences = ["https://orders.example"]
        required-claims = [{{ name = "scope", match = "any", separator = " ", values = ["orders.read"] }}]
        "#,
        provider.issuer()
    );
    BTreeMap::from([("policy".to_owned(), policy)])
}

fn validate(host: &impl Host, token: &str) -> Response<Bytes> {
    let request = Request::get("/validate").header("authorization", format!("Bearer {token}"));
    host.ask(Face::ForwardAuth, request.body(Bytes::new()).unwrap()).unwrap()
}

fn header<'a>(response: &'a Response<Bytes>, name: &str) -> &'a str {
    response.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

fn native(provider: &OidcProvider) -> Native {
    Native::start(&variables(provider)).unwrap()
}

fn component(provider: &OidcProvider) -> Mounted {
    let reached = provider.issuer();
    let host = ComponentHost::start(Build::Portable, &reached, &[&variables(provider)]).unwrap();
    Mounted { host: Arc::new(host), index: 0 }
}

fn tokens_of_every_algorithm_pass(host: &impl Host, provider: &OidcProvider) {
    for algorithm in ALGORITHMS {
        let token = provider.token(algorithm, "orders.read").unwrap();
        let response = validate(host, &token);
        assert_eq!(response.status(), 200, "{algorithm}: {response:?}");
        assert_eq!(header(&response, "x-auth-client"), "orders-client");
        assert_eq!(header(&response, "x-auth-scopes"), "orders.read");
        assert_eq!(header(&response, "x-auth-issuer"), provider.issuer());
    }
}

fn a_token_without_the_scope_is_refused(host: &impl Host, provider: &OidcProvider) {
    let token = provider.token("ES256", "orders.write").unwrap();
    let response = validate(host, &token);
    assert_eq!(response.status(), 401);
    assert_eq!(header(&response, "x-headgate-reason"), "TokenClaimValueNotAllowed");
}

fn new_keys_are_found_and_withdrawn_ones_forgotten(host: &impl Host, provider: &OidcProvider) {
    let old = provider.token("RS256", "orders.read").unwrap();
    assert_eq!(validate(host, &old).status(), 200);
    provider.rotate().unwrap();
    for algorithm in ALGORITHMS {
        let token = provider.token(algorithm, "orders.read").unwrap();
        assert_eq!(validate(host, &token).status(), 200, "{algorithm}");
    }
    let response = validate(host, &old);
    assert_eq!(response.status(), 401);
    assert_eq!(header(&response, "x-headgate-reason"), "TokenSignatureKeyNotFound");
}

#[test]
fn the_native_server_validates_the_providers_tokens_across_a_rotation() {
    let provider = OidcProvider::start().unwrap();
    let host = native(&provider);
    tokens_of_every_algorithm_pass(&host, &provider);
    a_token_without_the_scope_is_refused(&host, &provider);
    new_keys_are_found_and_withdrawn_ones_forgotten(&host, &provider);
}

#[test]
fn the_component_validates_the_providers_tokens_across_a_rotation() {
    let provider = OidcProvider::start().unwrap();
    let host = component(&provider);
    tokens_of_every_algorithm_pass(&host, &provider);
    a_token_without_the_scope_is_refused(&host, &provider);
    new_keys_are_found_and_withdrawn_ones_forgotten(&host, &provider);
}
