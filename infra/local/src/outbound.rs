use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response};
use http_body_util::BodyExt;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use wasmtime_wasi_http::{Error, ForbiddenHeaderFilter, RequestOptions, WasiBody, WasiHttpHooks};

use crate::allowed_hosts::AllowedHosts;
use crate::connection_headers::remove_named_by_connection;

/// What carries the outgoing requests of all guests: one pool of connections, which follows no redirect.
///
/// It trusts the Mozilla roots it was built with.
pub(crate) type OutboundClient = Client<HttpsConnector<HttpConnector>, WasiBody>;

/// The longest that a connection may take to come about, whatever the guest asks for.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);
/// The longest that an answer may take to begin, and to go on, when the guest asks for nothing.
const ANSWER_LIMIT: Duration = Duration::from_secs(60);

/// Why outgoing requests cannot be carried.
#[derive(Debug, thiserror::Error)]
#[error("TLS cannot be set up: {0}")]
pub struct TlsError(#[from] rustls::Error);

/// Makes the client.
pub(crate) fn client() -> Result<OutboundClient, TlsError> {
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    tcp.set_connect_timeout(Some(CONNECT_LIMIT));
    let tls = HttpsConnectorBuilder::new()
        .with_provider_and_webpki_roots(rustls::crypto::aws_lc_rs::default_provider())?
        .https_or_http()
        .enable_http1()
        .wrap_connector(tcp);
    Ok(Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(Duration::from_secs(30))
        .build(tls))
}

/// A component's way out: to the hosts that it declared, and to no other.
#[derive(Clone)]
pub(crate) struct Outbound {
    pub(crate) allowed: Arc<AllowedHosts>,
    pub(crate) client: OutboundClient,
    pub(crate) forbidden: ForbiddenHeaderFilter,
}

type Io = Box<dyn Future<Output = Result<(), Error>> + Send>;
type Sending = Box<dyn Future<Output = Result<(Response<WasiBody>, Io), Error>> + Send>;

impl WasiHttpHooks for Outbound {
    fn forbidden_header_filter(&mut self) -> ForbiddenHeaderFilter {
        Arc::clone(&self.forbidden)
    }

    fn send_request(
        &mut self,
        request: Request<WasiBody>,
        options: Option<RequestOptions>,
        _processed: Io,
    ) -> Sending {
        if !self.allowed.allow(request.uri()) {
            return Box::new(std::future::ready(Err(Error::HttpRequestDenied)));
        }
        let client = self.client.clone();
        Box::new(async move {
            let connect = options.and_then(|options| options.connect_timeout);
            let first_byte = options.and_then(|options| options.first_byte_timeout);
            let between_bytes = options.and_then(|options| options.between_bytes_timeout);
            // The pool does not tell connecting from waiting, so both limits make one.
            let limit = connect.unwrap_or(CONNECT_LIMIT).min(CONNECT_LIMIT)
                + first_byte.unwrap_or(ANSWER_LIMIT);
            let mut response = tokio::time::timeout(limit, client.request(request))
                .await
                .map_err(|_| Error::ConnectionReadTimeout)?
                .map_err(as_wasi)?;
            remove_named_by_connection(response.headers_mut());
            let limit = between_bytes.unwrap_or(ANSWER_LIMIT);
            let response = response.map(|body| TimedBody::new(body, limit).boxed_unsync());
            Ok((response, Box::new(std::future::ready(Ok(()))) as Io))
        })
    }
}

fn as_wasi(error: hyper_util::client::legacy::Error) -> Error {
    if !error.is_connect() {
        return Error::HttpProtocolError;
    }
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(&error);
    while let Some(error) = cause {
        if error.is::<rustls::Error>() {
            return Error::TlsCertificateError;
        }
        if let Some(error) = error.downcast_ref::<std::io::Error>() {
            if error.get_ref().is_some_and(|inner| inner.is::<rustls::Error>()) {
                return Error::TlsCertificateError;
            }
            if error.kind() == std::io::ErrorKind::TimedOut {
                return Error::ConnectionTimeout;
            }
        }
        cause = error.source();
    }
    Error::ConnectionRefused
}

/// A response's body that breaks off when it pauses for longer than `limit`.
struct TimedBody {
    body: hyper::body::Incoming,
    limit: Duration,
    pause: std::pin::Pin<Box<tokio::time::Sleep>>,
}

impl TimedBody {
    fn new(body: hyper::body::Incoming, limit: Duration) -> Self {
        Self { body, limit, pause: Box::pin(tokio::time::sleep(limit)) }
    }
}

impl http_body::Body for TimedBody {
    type Data = bytes::Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<http_body::Frame<bytes::Bytes>, Error>>> {
        use std::task::Poll;
        if let Poll::Ready(frame) = std::pin::Pin::new(&mut self.body).poll_frame(context) {
            let next = tokio::time::Instant::now() + self.limit;
            self.pause.as_mut().reset(next);
            return Poll::Ready(frame.map(|frame| frame.map_err(Error::from)));
        }
        self.pause.as_mut().poll(context).map(|()| Some(Err(Error::ConnectionReadTimeout)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> http_body::SizeHint {
        self.body.size_hint()
    }
}
