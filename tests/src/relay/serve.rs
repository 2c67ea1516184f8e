use std::error::Error;
use std::net::SocketAddr;

use http::{Request, Response};
use hyper::body::{Body, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

use crate::host::RUNTIME;

/// Serves HTTP/1.1 on a free loopback port until the runtime ends: makes a server of its address, and lets a clone of it answer each
/// request. Where it has no answer, the connection is closed.
///
/// # Panics
///
/// When there is no free port.
pub fn serve<S, A, B, E>(
    make: impl FnOnce(SocketAddr) -> S,
    answer: impl Fn(S, Request<Incoming>) -> A + Copy + Send + 'static,
) -> S
where
    S: Clone + Send + 'static,
    A: Future<Output = Result<Response<B>, E>> + Send + 'static,
    B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
    E: Into<Box<dyn Error + Send + Sync>>,
{
    let listener = RUNTIME.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
    let server = make(listener.local_addr().unwrap());
    let serving = server.clone();
    RUNTIME.spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let server = serving.clone();
            let service = service_fn(move |request| answer(server.clone(), request));
            tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
        }
    });
    server
}
