use std::time::Duration;

use bytes::Bytes;
use headgate_local::Limits;
use http::{Method, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;

use crate::backend::Backend;
use crate::client::{get, request, send, text};
use crate::harness::{host, small};

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_that_hoards_memory_is_stopped() {
    let (_folder, host) = host();
    let limits = Limits { guest_memory: 16 * 1024 * 1024, ..small() };
    let running = host.limits(limits).start().await.unwrap();
    let (status, _) = get(running.address(), "/do/grow").await;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
    text(running.address(), "/do/count").await;
    running.shut_down().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_that_never_answers_is_answered_for_with_504() {
    let (_folder, host) = host();
    let limits = Limits { response_timeout: Duration::from_millis(100), ..small() };
    let running = host.limits(limits).start().await.unwrap();
    let backend = Backend::start().await;
    let path = format!("/do/outbound/http/{}", backend.address);
    assert_eq!(get(running.address(), &path).await.0, StatusCode::GATEWAY_TIMEOUT);
    // A guest that waits for nothing at all is found out at once.
    assert_eq!(get(running.address(), "/do/hang").await.0, StatusCode::INTERNAL_SERVER_ERROR);
    text(running.address(), "/do/count").await;
    running.shut_down().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_is_taken_up_to_its_limit_and_not_beyond() {
    let (_folder, host) = host();
    let running = host.limits(Limits { max_body: 1_000, ..small() }).start().await.unwrap();
    let length = |bytes: usize| {
        let request = request(Method::POST, "/do/length");
        send(running.address(), request.map(|_| Full::from(vec![b'a'; bytes])))
    };
    assert_eq!(length(1_000).await.unwrap().into_body(), "1000");
    assert_eq!(length(1_001).await.unwrap().status(), StatusCode::PAYLOAD_TOO_LARGE);
    running.shut_down().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_of_unknown_length_breaks_off_at_its_limit() {
    let (_folder, host) = host();
    let running = host.limits(Limits { max_body: 1_000, ..small() }).start().await.unwrap();
    for (pieces, told) in [(10, "1000"), (11, "broken off")] {
        let stream = tokio::net::TcpStream::connect(running.address()).await.unwrap();
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        let (send, received) = tokio::sync::mpsc::channel(16);
        for _ in 0..pieces {
            send.send(Bytes::from(vec![b'a'; 100])).await.unwrap();
        }
        drop(send);
        let request = request(Method::POST, "/do/length").map(|_| Pieces(received));
        let response = sender.send_request(request).await.unwrap();
        assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), told);
    }
    running.shut_down().await;
}

/// A body whose length is not known before its end.
struct Pieces(tokio::sync::mpsc::Receiver<Bytes>);

impl http_body::Body for Pieces {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<http_body::Frame<Bytes>, Self::Error>>> {
        self.0.poll_recv(context).map(|piece| piece.map(|piece| Ok(http_body::Frame::data(piece))))
    }
}
