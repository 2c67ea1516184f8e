use std::net::SocketAddr;

use bytes::Bytes;
use http::header::HOST;
use http::{Request, Response};
use http_body::Body;
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// Sends `request`, whose URI is a path, to `address` over a connection of its own; neither its body nor that of the answer is
/// held in memory.
///
/// # Errors
///
/// What broke, as text.
pub async fn exchange<B>(
    address: SocketAddr,
    mut request: Request<B>,
) -> Result<Response<Incoming>, String>
where
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let stream = TcpStream::connect(address).await.map_err(|error| format!("connect: {error}"))?;
    let handshake = http1::handshake(TokioIo::new(stream)).await;
    let (mut sender, connection) = handshake.map_err(|error| format!("handshake: {error}"))?;
    // It ends with the answer's body, or when that is dropped.
    tokio::spawn(connection);
    let host = address.to_string().parse().map_err(|error| format!("host: {error}"))?;
    request.headers_mut().insert(HOST, host);
    sender.send_request(request).await.map_err(|error| format!("send: {error}"))
}
