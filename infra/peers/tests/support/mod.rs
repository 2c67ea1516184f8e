//! What the tests of the issuer share: a client that says exactly what it is told to, byte for byte.

#![allow(dead_code, unreachable_pub, missing_docs, reason = "each test file uses a part of it")]
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "clippy's allowance for tests covers test functions and not what they share"
)]

use std::net::SocketAddr;

use headgate_peers::issuer::{DEFAULT_CLIENT_ID, DEFAULT_TENANT, Running};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// An answer as it came over the wire; `None` for the status when the connection closed without one.
pub struct Answer {
    pub status: Option<u16>,
    pub head: String,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("the body is JSON")
    }
}

/// Sends `text` and reads until the issuer closes.
pub async fn exchange(address: SocketAddr, text: &str) -> Answer {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(text.as_bytes()).await.unwrap();
    let mut received = Vec::new();
    let _ = stream.read_to_end(&mut received).await;
    let at = received.windows(4).position(|window| window == b"\r\n\r\n");
    let (head, body) = match at {
        Some(at) => (received[..at].to_vec(), received[at + 4..].to_vec()),
        None => (received, Vec::new()),
    };
    let head = String::from_utf8(head).unwrap();
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    Answer { status, head: head.to_ascii_lowercase(), body }
}

pub async fn request(running: &Running, method: &str, path: &str, headers: &str) -> Answer {
    let address = running.address();
    let text = format!(
        "{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n{headers}\r\n"
    );
    exchange(address, &text).await
}

pub async fn get(running: &Running, path: &str) -> Answer {
    request(running, "GET", path, "").await
}

/// Gets the document at an address that the issuer itself gave.
pub async fn follow(running: &Running, url: &Value) -> Value {
    let path =
        url.as_str().unwrap().strip_prefix(running.base_url()).expect("it is the issuer's own");
    let answer = get(running, path).await;
    assert_eq!(answer.status, Some(200), "{path}");
    answer.json()
}

pub async fn post_form(running: &Running, path: &str, headers: &str, form: &str) -> Answer {
    let address = running.address();
    let length = form.len();
    let text = format!(
        "POST {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n{headers}\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {length}\r\n\r\n{form}"
    );
    exchange(address, &text).await
}

/// The form of the default client for the default API; `more` is put after it.
pub fn form(running: &Running, more: &str) -> String {
    format!(
        "grant_type=client_credentials&client_id={DEFAULT_CLIENT_ID}&client_secret={}\
         &scope=api%3A%2F%2Fheadgate%2F.default{more}",
        running.client_secret().expose(),
    )
}

pub fn token_path() -> String {
    format!("/{DEFAULT_TENANT}/oauth2/v2.0/token")
}

/// The first two parts of a token, decoded without looking at the third.
pub fn parts(token: &str) -> (Value, Value) {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let mut parts = token.split('.').map(|part| URL_SAFE_NO_PAD.decode(part).unwrap());
    let header = serde_json::from_slice(&parts.next().unwrap()).unwrap();
    let claims = serde_json::from_slice(&parts.next().unwrap()).unwrap();
    (header, claims)
}
