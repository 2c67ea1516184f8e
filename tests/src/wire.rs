//! Whole HTTP messages over a loopback connection.

use std::net::SocketAddr;

use bytes::Bytes;
use http::header::HOST;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

/// Sends `request`, whose URI is a path, to `address` over a connection of its own.
///
/// # Errors
///
/// What broke, as text.
pub async fn send(address: SocketAddr, request: Request<Bytes>) -> Result<Response<Bytes>, String> {
    let stream = TcpStream::connect(address).await.map_err(|error| format!("connect: {error}"))?;
    send_over(stream, &address.to_string(), request).await
}

/// Sends `request` over `stream`, for the host of this name.
///
/// # Errors
///
/// What broke, as text.
pub async fn send_over(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    host: &str,
    request: Request<Bytes>,
) -> Result<Response<Bytes>, String> {
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|error| format!("handshake: {error}"))?;
    let connection = tokio::spawn(connection);
    let (mut head, body) = request.into_parts();
    let host = host.parse().map_err(|error| format!("host: {error}"))?;
    head.headers.entry(HOST).or_insert(host);
    let response = sender
        .send_request(Request::from_parts(head, Full::new(body)))
        .await
        .map_err(|error| format!("send: {error}"))?;
    let (head, body) = response.into_parts();
    let body = body.collect().await.map_err(|error| format!("body: {error}"))?.to_bytes();
    connection.abort();
    Ok(Response::from_parts(head, body))
}
