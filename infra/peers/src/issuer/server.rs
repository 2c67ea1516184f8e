use std::io;
use std::sync::Arc;
use std::time::Duration;

use headgate_core::{Body, Clock, Handler, Observed, Random, RequestLog, Served, Timestamp};
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::authority::Authority;
use super::fault::{CloseConnection, Levers};
use super::handler::IssuerHandler;

/// How long a client may take to send a request's head.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);

/// How long no connection is taken after one could not be.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// How long requests in flight may take once the issuer is told to stop.
const DRAIN: Duration = Duration::from_secs(2);

/// The handler with its account of each request.
pub(super) type Service = Observed<IssuerHandler, AnyClock, AnyRandom, AnyLog>;

pub(super) struct AnyClock(Arc<dyn Clock>);
pub(super) struct AnyRandom(Arc<dyn Random>);
pub(super) struct AnyLog(Arc<dyn RequestLog>);

impl Clock for AnyClock {
    fn now(&self) -> Timestamp {
        self.0.now()
    }
}

impl Random for AnyRandom {
    fn fill(&self, bytes: &mut [u8]) {
        self.0.fill(bytes);
    }
}

impl RequestLog for AnyLog {
    fn record(&self, served: &Served) {
        self.0.record(served);
    }
}

pub(super) fn service(
    authority: &Arc<Authority>,
    levers: &Arc<Levers>,
    log: Arc<dyn RequestLog>,
) -> Service {
    Observed {
        function: "issuer",
        handler: IssuerHandler { authority: Arc::clone(authority), levers: Arc::clone(levers) },
        clock: AnyClock(Arc::clone(&authority.clock)),
        random: AnyRandom(Arc::clone(&authority.random)),
        log: AnyLog(log),
    }
}

/// Serves until `stop` changes or its sender is gone; then lets requests in flight finish for a moment.
pub(super) async fn serve(
    listener: TcpListener,
    service: Arc<Service>,
    mut stop: watch::Receiver<()>,
) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            _ = stop.changed() => break,
            accepted = listener.accept() => if let Ok((stream, _)) = accepted {
                connections.spawn(connection(stream, Arc::clone(&service), stop.clone()));
            } else {
                // Out of file descriptors, most likely: some connections have to end first.
                tokio::time::sleep(ACCEPT_PAUSE).await;
            },
            Some(_) = connections.join_next() => {}
        }
    }
    drop(listener);
    let drained = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(DRAIN, drained).await.is_err() {
        connections.shutdown().await;
    }
}

async fn connection(stream: TcpStream, service: Arc<Service>, mut stop: watch::Receiver<()>) {
    let _ = stream.set_nodelay(true);
    let answer = service_fn(|request: Request<Incoming>| {
        let service = Arc::clone(&service);
        async move { closing(service.handle(request.map(Body::stream)).await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .serve_connection(TokioIo::new(stream), answer);
    tokio::pin!(connection);
    // A connection that breaks is the client's affair.
    tokio::select! {
        _ = connection.as_mut() => {}
        _ = stop.changed() => {
            connection.as_mut().graceful_shutdown();
            let _ = connection.await;
        }
    }
}

/// Turns the mark of [`CloseConnection`] into an error, on which hyper closes the connection.
fn closing(response: Response<Body>) -> Result<Response<Body>, io::Error> {
    match response.extensions().get::<CloseConnection>() {
        Some(CloseConnection) => Err(io::ErrorKind::ConnectionAborted.into()),
        None => Ok(response),
    }
}
