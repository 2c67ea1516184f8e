use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use headgate_core::{Body, ClientAddress, Handler};
use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use crate::head_deadline::HeadTimer;
use crate::patient_body::PatientBody;
use crate::patient_io::PatientIo;
use crate::run_to_end::run_to_end;
use crate::unread::Unread;

/// Serves a handler over HTTP/1.1 and streams both ways.
///
/// Each request carries a [`ClientAddress`], the connection's peer, and is handled to its end once it has begun.
#[derive(Debug)]
pub struct HttpServer<H> {
    listener: TcpListener,
    handler: Arc<H>,
    limits: Limits,
}

/// What one connection may take, so that no caller takes all.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How many connections are open at once; more wait to be accepted.
    pub connections: usize,
    /// The longest head of a request, in bytes; a longer one is answered with 431.
    pub head_bytes: usize,
    /// How long a head may take from its first byte on.
    pub head: Duration,
    /// How long a connection may be idle between requests; longer than a proxy in front keeps its own, or the proxy
    /// sends a request into a connection that is being closed.
    pub idle: Duration,
    /// The longest silence inside a request's body.
    pub silence: Duration,
    /// How long a caller may take nothing of its answer.
    pub stall: Duration,
    /// How long a caller who was answered early may go on sending: a connection that is closed before takes the answer from it
    /// (RFC 9112 §9.6).
    pub linger: Duration,
    /// How long requests may go on after the shutdown began.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 8_192,
            head_bytes: 64 * 1024,
            head: Duration::from_secs(10),
            idle: Duration::from_secs(75),
            silence: Duration::from_secs(30),
            stall: Duration::from_secs(30),
            linger: Duration::from_secs(5),
            drain: Duration::from_secs(10),
        }
    }
}

impl<H: Handler + 'static> HttpServer<H> {
    /// Takes the address; callers wait from then on until [`serve`](Self::serve) runs.
    ///
    /// # Errors
    ///
    /// The operating system's: the address is in use, not this machine's, or not allowed.
    pub async fn bind(address: SocketAddr, handler: H, limits: Limits) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        Ok(Self { listener, handler: Arc::new(handler), limits })
    }

    /// The address at which it listens: with the port that the system chose when port 0 was asked for.
    ///
    /// # Errors
    ///
    /// The operating system's.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves until `shutdown` is ready; then accepts nobody new, and lets the requests that are under way finish.
    pub async fn serve(self, shutdown: impl Future<Output = ()>) {
        let graceful = GracefulShutdown::new();
        let places = Arc::new(Semaphore::new(self.limits.connections));
        let mut shutdown = std::pin::pin!(shutdown);
        loop {
            let accepted = tokio::select! {
                biased;
                () = &mut shutdown => break,
                accepted = self.accept(&places) => accepted,
            };
            match accepted {
                Some((stream, peer, place)) => self.connect(stream, peer, place, &graceful),
                // Out of file descriptors, most likely: they come back as connections end.
                None => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
        // Who has connected already has been promised an answer.
        while let Some(Some((stream, peer, place))) = self.accept(&places).now_or_never() {
            self.connect(stream, peer, place, &graceful);
        }
        drop(self.listener);
        // What is still under way after the limit ends with the runtime.
        drop(tokio::time::timeout(self.limits.drain, graceful.shutdown()).await);
    }

    async fn accept(&self, places: &Arc<Semaphore>) -> Option<(TcpStream, SocketAddr, Place)> {
        let place = Arc::clone(places).acquire_owned().await.ok()?;
        let (stream, peer) = self.listener.accept().await.ok()?;
        Some((stream, peer, place))
    }

    fn connect(
        &self,
        stream: TcpStream,
        peer: SocketAddr,
        place: Place,
        graceful: &GracefulShutdown,
    ) {
        let limits = self.limits;
        let handler = Arc::clone(&self.handler);
        // Answers are written whole: waiting to fill a packet only delays them.
        drop(stream.set_nodelay(true));
        let timer = HeadTimer::new(limits.head);
        let unread = Unread::default();
        let stream = TokioIo::new(stream);
        let stream = PatientIo::new(stream, timer.clone(), &limits, unread.clone());
        let client = ClientAddress(peer.ip().to_canonical());
        let service = service_fn(move |request: Request<Incoming>| {
            let (handler, unread) = (Arc::clone(&handler), unread.clone());
            async move {
                let stream =
                    |body| Body::stream(PatientBody::new(unread.watch(body), limits.silence));
                let mut request = request.map(stream);
                request.extensions_mut().insert(client);
                Ok::<_, Infallible>(run_to_end(handler, request).await)
            }
        });
        let connection = http1::Builder::new()
            .timer(timer)
            .header_read_timeout(limits.idle)
            .max_header_size(limits.head_bytes)
            .serve_connection(stream, service);
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            // Whatever broke the connection, its caller knows.
            drop(connection.await);
            drop(place);
        });
    }
}

type Place = tokio::sync::OwnedSemaphorePermit;
