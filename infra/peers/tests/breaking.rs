//! The levers by which a test breaks the issuer.

#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "clippy's allowance for tests covers test functions and not what they share"
)]

mod support;

use bytes::Bytes;
use headgate_peers::issuer::{DEFAULT_TENANT, Endpoint, Fault, Issuer, IssuerConfig, Running};
use http::StatusCode;
use support::get;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const KEYS: &str = "/common/discovery/v2.0/keys";

async fn start() -> Running {
    Issuer::start(IssuerConfig::default()).await.unwrap()
}

#[tokio::test]
async fn every_request_is_counted_by_its_endpoint() {
    let running = start().await;
    for path in [KEYS, KEYS, "/nobody/discovery/keys"] {
        get(&running, path).await;
    }
    get(&running, &format!("/{DEFAULT_TENANT}/.well-known/openid-configuration")).await;
    assert_eq!(running.requests(Endpoint::Keys), 3);
    assert_eq!(running.requests(Endpoint::Metadata), 1);
    assert_eq!(running.requests(Endpoint::Token), 0);
    running.stop().await;
}

#[tokio::test]
async fn an_endpoint_answers_the_status_or_the_content_it_is_told_to() {
    let running = start().await;
    running.set_fault(Endpoint::Keys, Some(Fault::Status(StatusCode::BAD_GATEWAY)));
    assert_eq!(get(&running, KEYS).await.status, Some(502));
    running.set_fault(Endpoint::Keys, Some(Fault::Content(Bytes::from_static(b"<html>"))));
    let answer = get(&running, KEYS).await;
    assert_eq!((answer.status, answer.body.as_slice()), (Some(200), &b"<html>"[..]));
    running.set_fault(Endpoint::Keys, None);
    assert!(get(&running, KEYS).await.json()["keys"].is_array());
    running.stop().await;
}

#[tokio::test]
async fn a_padded_document_is_valid_and_as_long_as_asked() {
    let running = start().await;
    running.set_fault(Endpoint::Keys, Some(Fault::Padded(5_000_000)));
    let answer = get(&running, KEYS).await;
    assert!(answer.body.len() > 5_000_000);
    assert!(answer.json()["keys"].is_array());
    running.stop().await;
}

#[tokio::test]
async fn an_issuer_that_is_down_closes_without_an_answer_and_comes_back() {
    let running = start().await;
    running.set_down(true);
    assert_eq!(get(&running, KEYS).await.status, None);
    assert_eq!(running.requests(Endpoint::Keys), 1);
    running.set_down(false);
    assert_eq!(get(&running, KEYS).await.status, Some(200));
    running.stop().await;
}

#[tokio::test]
async fn a_held_request_is_answered_once_it_is_let_go() {
    let running = start().await;
    running.set_fault(Endpoint::Keys, Some(Fault::Held));
    let held = get(&running, KEYS);
    let release = async {
        running.requests_reach(Endpoint::Keys, 1).await;
        running.set_fault(Endpoint::Keys, None);
    };
    let (answer, ()) = tokio::join!(held, release);
    assert_eq!(answer.status, Some(200));
    running.stop().await;
}

#[tokio::test]
async fn an_unfinished_answer_begins_and_does_not_end() {
    let running = start().await;
    running.set_fault(Endpoint::Keys, Some(Fault::Unfinished));
    let mut stream = TcpStream::connect(running.address()).await.unwrap();
    stream
        .write_all(format!("GET {KEYS} HTTP/1.1\r\nhost: localhost\r\n\r\n").as_bytes())
        .await
        .unwrap();
    let mut received = Vec::new();
    while !received.ends_with(b"1\r\n{\r\n") {
        let mut byte = [0];
        assert_ne!(stream.read(&mut byte).await.unwrap(), 0, "the answer ended");
        received.push(byte[0]);
    }
    assert!(received.starts_with(b"HTTP/1.1 200"));
}
