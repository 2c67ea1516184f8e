use std::net::SocketAddr;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// One request on a connection of its own.
pub(crate) async fn send(
    address: SocketAddr,
    request: Request<Full<Bytes>>,
) -> hyper::Result<Response<Bytes>> {
    let stream = TcpStream::connect(address).await.expect("the host listens");
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    let (head, body) = sender.send_request(request).await?.into_parts();
    Ok(Response::from_parts(head, body.collect().await?.to_bytes()))
}

pub(crate) fn request(method: Method, path: &str) -> Request<Full<Bytes>> {
    Request::builder()
        .method(method)
        .uri(path)
        .header("host", "test.example")
        .body(Full::default())
        .unwrap()
}

/// A GET's status and text.
pub(crate) async fn get(address: SocketAddr, path: &str) -> (StatusCode, String) {
    answer(address, Method::GET, path).await
}

/// A POST's status and text.
pub(crate) async fn post(address: SocketAddr, path: &str) -> (StatusCode, String) {
    answer(address, Method::POST, path).await
}

async fn answer(address: SocketAddr, method: Method, path: &str) -> (StatusCode, String) {
    let response = send(address, request(method, path)).await.expect("the host answers");
    (response.status(), String::from_utf8(response.into_body().to_vec()).unwrap())
}

/// A GET's text, which must come with 200.
pub(crate) async fn text(address: SocketAddr, path: &str) -> String {
    let (status, text) = get(address, path).await;
    assert_eq!(status, StatusCode::OK, "{path}: {text}");
    text
}
