//! A server that answers as a test says.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use headgate_core::Body;
use http::request::Parts;
use http::{Request, Response};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

/// What came: the head, and what was read of the content.
pub(crate) type Came = Arc<Mutex<Vec<(Parts, Bytes)>>>;

/// A server on a free loopback port, until the runtime ends.
pub(crate) struct OddServer {
    pub(crate) address: SocketAddr,
    pub(crate) came: Came,
}

impl OddServer {
    /// Answers each request, after its content was read, by `answer`.
    pub(crate) async fn start(
        answer: impl Fn(&Parts, &Bytes) -> Response<Body> + Send + Sync + 'static,
    ) -> Self {
        Self::serve(true, answer).await
    }

    /// Answers each request at once, and reads nothing of its content.
    pub(crate) async fn start_hasty(
        answer: impl Fn(&Parts, &Bytes) -> Response<Body> + Send + Sync + 'static,
    ) -> Self {
        Self::serve(false, answer).await
    }

    async fn serve(
        reads: bool,
        answer: impl Fn(&Parts, &Bytes) -> Response<Body> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let came = Came::default();
        let (answer, list) = (Arc::new(answer), Arc::clone(&came));
        tokio::spawn(async move {
            loop {
                let Ok((stream, _)) = listener.accept().await else { return };
                let (answer, list) = (Arc::clone(&answer), Arc::clone(&list));
                let service = service_fn(move |request: Request<Incoming>| {
                    let (answer, list) = (Arc::clone(&answer), Arc::clone(&list));
                    async move {
                        let (head, body) = request.into_parts();
                        let content = match reads {
                            true => {
                                body.collect().await.map(|body| body.to_bytes()).unwrap_or_default()
                            }
                            false => Bytes::new(),
                        };
                        let response = answer(&head, &content);
                        list.lock().unwrap().push((head, content));
                        Ok::<_, Infallible>(response)
                    }
                });
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
            }
        });
        Self { address, came }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// The methods that came, in order.
    pub(crate) fn methods(&self) -> Vec<String> {
        let came = self.came.lock().unwrap();
        came.iter().map(|(head, _)| head.method.to_string()).collect()
    }
}
