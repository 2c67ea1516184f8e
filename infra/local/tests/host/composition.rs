use http::Method;

use crate::client::{request, send};
use crate::harness::{component, host};

#[tokio::test(flavor = "multi_thread")]
async fn a_middleware_stands_in_front_of_its_component() {
    let (_folder, host) = host();
    let host = host.middleware("misbehaving", component("stamp"));
    let running = host.start().await.unwrap();
    let response = send(running.address(), request(Method::GET, "/do/headers")).await.unwrap();
    assert_eq!(response.headers()["x-stamp"], "stamped");
    let seen = String::from_utf8(response.into_body().to_vec()).unwrap();
    assert!(seen.contains("x-stamp: stamped"), "{seen}");
    running.shut_down().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_component_that_has_no_next_is_no_middleware() {
    let (_folder, host) = host();
    let host = host.middleware("misbehaving", component("empty"));
    let refusal = host.start().await.unwrap_err().to_string();
    assert!(refusal.contains("does not call the wasi:http/handler"), "{refusal}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_middleware_without_its_component_is_refused() {
    let (_folder, host) = host();
    let host = host.component_source("misbehaving", component("stamp"));
    let refusal = host.start().await.unwrap_err().to_string();
    assert!(refusal.contains("wasi:http/handler"), "{refusal}");
}
