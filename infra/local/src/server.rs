use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use headgate_core::Problem;
use http::header::RETRY_AFTER;
use http::uri::Authority;
use http::{HeaderValue, Request, Response, StatusCode};
use http_body::Body as _;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use wasmtime_wasi_http::{Error, WasiBody};

use crate::component::{Component, no_body};
use crate::connection_headers::remove_named_by_connection;
use crate::request_log::{Account, RequestLogger, trace_id};
use crate::route::RouteTable;
use crate::spin_headers::{self, RouteHeaders};
use crate::stopwatch::{self, Stopwatch};

/// Everything that a request meets on its way to its component.
pub(crate) struct Server {
    pub(crate) routes: RouteTable<Target>,
    pub(crate) logger: RequestLogger,
    pub(crate) authority: Authority,
    pub(crate) max_body: u64,
    /// As many requests are served at a time as there may be instances; the others wait here.
    pub(crate) turns: Semaphore,
}

/// What stands under a route.
pub(crate) struct Target {
    pub(crate) component: Arc<Component>,
    pub(crate) headers: RouteHeaders,
    pub(crate) route: Box<str>,
}

/// How long a client may take to send a request's head.
const HEAD_LIMIT: Duration = Duration::from_secs(30);
/// The most connections that are open at a time; the next ones wait in the system's queue.
const CONNECTIONS: usize = 10_000;

impl Server {
    /// Serves connections until `stop` is true, then lets what is under way finish for as long as `drain`.
    ///
    /// Answers whether everything finished.
    pub(crate) async fn serve(
        self: Arc<Self>,
        listener: TcpListener,
        mut stop: watch::Receiver<bool>,
        drain: Duration,
    ) -> bool {
        let graceful = GracefulShutdown::new();
        let mut connections = JoinSet::new();
        let places = Arc::new(Semaphore::new(CONNECTIONS));
        loop {
            let accepted = tokio::select! {
                _ = stop.wait_for(|stop| *stop) => break,
                Some(_) = connections.join_next() => continue,
                accepted = async {
                    let place = Arc::clone(&places).acquire_owned().await;
                    (place, listener.accept().await)
                } => accepted,
            };
            match accepted {
                (Ok(place), Ok((stream, client))) => {
                    let watcher = graceful.watcher();
                    let connection = Arc::clone(&self).connection(stream, client, watcher);
                    connections.spawn(async move {
                        connection.await;
                        drop(place);
                    });
                }
                // No file descriptor is left, or the client is gone already: the next attempt may do better.
                _ => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
        drop(listener);
        let finished = tokio::time::timeout(drain, graceful.shutdown()).await.is_ok();
        connections.shutdown().await;
        finished
    }

    async fn connection(
        self: Arc<Self>,
        stream: TcpStream,
        client: SocketAddr,
        watcher: hyper_util::server::graceful::Watcher,
    ) {
        // A small answer must not wait for the next one; without this it is slower, not wrong.
        let _ = stream.set_nodelay(true);
        let client = spin_headers::client(client);
        let service = service_fn(|request: Request<Incoming>| {
            let (server, client) = (&self, &client);
            async move { Ok::<_, Infallible>(server.answer(request, client).await) }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_LIMIT)
            .serve_connection(TokioIo::new(stream), service);
        // A connection that breaks has nobody to be told.
        let _ = watcher.watch(connection).await;
    }

    async fn answer(&self, request: Request<Incoming>, client: &HeaderValue) -> Response<WasiBody> {
        match self.limited(request) {
            Some(request) => self.answer_any(request, client).await,
            None => refuse(StatusCode::PAYLOAD_TOO_LARGE, "the request's body is too long"),
        }
    }

    /// Answers a request, from a connection or from a timer, and accounts for it.
    pub(crate) async fn answer_any(
        &self,
        request: Request<WasiBody>,
        client: &HeaderValue,
    ) -> Response<WasiBody> {
        if !self.logger.is_on() {
            return self.route(request, client).await.0;
        }
        let (time, watch) = (stopwatch::now(), Stopwatch::start());
        let method = request.method().clone();
        let trace = trace_id(request.headers()).cloned();
        let (response, target) = self.route(request, client).await;
        self.logger.record(&Account {
            time,
            method: &method,
            route: target.map(|target| &*target.route),
            component: target.map(|target| &*target.component.name),
            status: response.status(),
            duration: watch.elapsed(),
            trace_id: trace.as_ref().and_then(|value| value.to_str().ok()?.get(3..35)),
        });
        response
    }

    async fn route(
        &self,
        mut request: Request<WasiBody>,
        client: &HeaderValue,
    ) -> (Response<WasiBody>, Option<&Target>) {
        let absolute = spin_headers::absolute(request.uri(), request.headers(), &self.authority);
        let Some(uri) = absolute else {
            return (refuse(StatusCode::BAD_REQUEST, "the request's address is not usable"), None);
        };
        let Some(found) = self.routes.find(uri.path()) else {
            return (refuse(StatusCode::NOT_FOUND, "no component serves this path"), None);
        };
        let target = found.target;
        // First, so that a caller cannot name what the host tells.
        remove_named_by_connection(request.headers_mut());
        target.headers.set(request.headers_mut(), &uri, found.path_info, client);
        *request.uri_mut() = uri;
        let Ok(_turn) = self.turns.acquire().await else {
            return (refuse(StatusCode::SERVICE_UNAVAILABLE, "the host is stopping"), Some(target));
        };
        let response = target.component.answer(request).await.unwrap_or_else(|failure| {
            let (status, title) = failure.told();
            let mut response = refuse(status, title);
            if status == StatusCode::SERVICE_UNAVAILABLE {
                response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
            }
            response
        });
        (response, Some(target))
    }

    /// Bounds the request's body; `None` when it announces more than the bound.
    fn limited(&self, request: Request<Incoming>) -> Option<Request<WasiBody>> {
        let limit = self.max_body;
        match request.body().size_hint().upper() {
            Some(0) => Some(request.map(|_| no_body())),
            Some(length) if length > limit => None,
            // The transport keeps a body to its announced length.
            Some(_) => Some(request.map(|body| body.map_err(Error::from).boxed_unsync())),
            None => {
                let most = usize::try_from(limit).unwrap_or(usize::MAX);
                let too_long = move |error: Box<dyn std::error::Error + Send + Sync>| {
                    if error.is::<LengthLimitError>() {
                        return Error::HttpRequestBodySize(Some(limit));
                    }
                    error
                        .downcast::<hyper::Error>()
                        .map_or(Error::HttpProtocolError, |error| Error::from(*error))
                };
                Some(request.map(|body| Limited::new(body, most).map_err(too_long).boxed_unsync()))
            }
        }
    }
}

fn refuse(status: StatusCode, title: &'static str) -> Response<WasiBody> {
    let response = Problem::new(status, title).into_response();
    response.map(|body| body.map_err(|_| Error::InternalError(None)).boxed_unsync())
}
