use std::io;
use std::net::SocketAddr;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::{StreamExt, stream};
use http::header::{CONTENT_LENGTH, RETRY_AFTER, TRANSFER_ENCODING};
use http::request::Parts;
use http::{Method, Request, Response, StatusCode};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

use super::{Asked, Reply, Spilled, Tls, Trouble, Troubles};

/// What a stand-in answers.
pub trait Peer: Send + Sync + 'static {
    /// Whether a request is of the kind that is counted and gets into trouble; the others serve undisturbed.
    fn is_watched(&self, asked: &Asked) -> bool;

    /// Answers one request.
    fn answer(&self, asked: &Asked) -> Reply;

    /// The longest body that it reads, in bytes.
    fn longest_body(&self) -> usize {
        MOST_BODY
    }
}

/// A stand-in that is being served. It stops when this is dropped.
#[derive(Debug)]
pub struct Serving {
    address: SocketAddr,
    secure: bool,
    troubles: Arc<Troubles>,
    stop: watch::Sender<()>,
    server: JoinHandle<()>,
}

/// How long a client may take to send a request's head.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// How long no connection is taken after one could not be.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// The longest body, in bytes.
const MOST_BODY: usize = 4 * 1024 * 1024;

impl Serving {
    /// Binds `listen`, makes the peer with the address that it got, and serves it on the tokio runtime that this is called
    /// on.
    ///
    /// # Errors
    ///
    /// What binding gives, and `InvalidInput` when the address is not loopback.
    pub async fn start<P: Peer>(
        listen: SocketAddr,
        tls: Option<Tls>,
        make: impl FnOnce(&str) -> Arc<P>,
    ) -> io::Result<(Self, Arc<P>)> {
        if !listen.ip().to_canonical().is_loopback() {
            let reason = "a stand-in listens on loopback alone";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, reason));
        }
        let listener = TcpListener::bind(listen).await?;
        let address = listener.local_addr()?;
        let secure = tls.is_some();
        let peer = make(&base_url(address, secure));
        let (troubles, stop) = (Arc::new(Troubles::default()), watch::Sender::new(()));
        let service = Service { peer: Arc::clone(&peer), troubles: Arc::clone(&troubles) };
        let server = tokio::spawn(serve(listener, tls, Arc::new(service), stop.subscribe()));
        Ok((Self { address, secure, troubles, stop, server }, peer))
    }

    /// `http://127.0.0.1:PORT`, or `https://localhost:PORT` with TLS; without a slash at its end.
    #[must_use]
    pub fn base_url(&self) -> String {
        base_url(self.address, self.secure)
    }

    /// The address that it listens on.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The levers: counts, and trouble.
    #[must_use]
    pub fn troubles(&self) -> &Troubles {
        &self.troubles
    }

    /// Stops: the port is free again when this returns. Connections are closed at once.
    pub async fn stop(self) {
        self.stop.send_replace(());
        let _ = self.server.await;
    }
}

fn base_url(address: SocketAddr, secure: bool) -> String {
    if secure {
        format!("https://localhost:{}", address.port())
    } else {
        format!("http://{address}")
    }
}

struct Service<P> {
    peer: Arc<P>,
    troubles: Arc<Troubles>,
}

async fn serve<P: Peer>(
    listener: TcpListener,
    tls: Option<Tls>,
    service: Arc<Service<P>>,
    mut stop: watch::Receiver<()>,
) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            _ = stop.changed() => break,
            accepted = listener.accept() => if let Ok((stream, _)) = accepted {
                connections.spawn(accept(stream, tls.clone(), Arc::clone(&service)));
            } else {
                // Out of file descriptors, most likely: some connections have to end first.
                tokio::time::sleep(ACCEPT_PAUSE).await;
            },
            Some(_) = connections.join_next() => {}
        }
    }
    drop(listener);
    connections.shutdown().await;
}

async fn accept<P: Peer>(stream: TcpStream, tls: Option<Tls>, service: Arc<Service<P>>) {
    let _ = stream.set_nodelay(true);
    match tls {
        None => connection(stream, service).await,
        Some(tls) => {
            if let Ok(stream) = tls.acceptor().accept(stream).await {
                connection(stream, service).await;
            }
        }
    }
}

async fn connection<P: Peer>(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    service: Arc<Service<P>>,
) {
    let answer = service_fn(|request: Request<Incoming>| {
        let service = Arc::clone(&service);
        async move { service.answer(request).await }
    });
    // A connection that breaks is the client's affair.
    let _ = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .serve_connection(TokioIo::new(stream), answer)
        .await;
}

/// An answer's body: whole, or broken off after so many bytes.
fn content(body: Bytes, spilled: Option<(Spilled, Range<u64>)>, cut: Option<usize>) -> Content {
    if let (Some((spilled, range)), None) = (spilled, cut) {
        let frames = spilled.pieces(range).map(|piece| piece.map(Frame::data));
        return StreamBody::new(stream::iter(frames)).boxed_unsync();
    }
    let Some(after) = cut else {
        return Full::new(body).map_err(|never| match never {}).boxed_unsync();
    };
    let begin = Frame::data(body.slice(..after.min(body.len())));
    let broken = stream::once(async {
        // What comes before it is sent in the meantime.
        tokio::task::yield_now().await;
        Err(io::ErrorKind::ConnectionAborted.into())
    });
    StreamBody::new(stream::iter([Ok(begin)]).chain(broken)).boxed_unsync()
}

type Content = UnsyncBoxBody<Bytes, io::Error>;

/// Whether a request whose method has content does not say how long that is, as Microsoft's front ends insist on also when it is
/// empty (RFC 9110 §8.6).
fn lacks_length(head: &Parts) -> bool {
    let has_content = [Method::POST, Method::PUT, Method::PATCH].contains(&head.method);
    let says = |name| head.headers.contains_key(name);
    has_content && !says(CONTENT_LENGTH) && !says(TRANSFER_ENCODING)
}

impl<P: Peer> Service<P> {
    /// Answers, or fails, on which hyper closes the connection.
    async fn answer(&self, request: Request<Incoming>) -> io::Result<Response<Content>> {
        let (head, body) = request.into_parts();
        if lacks_length(&head) {
            let mut response = Response::new(content(Bytes::new(), None, None));
            *response.status_mut() = StatusCode::LENGTH_REQUIRED;
            return Ok(response);
        }
        let body = self.read(body).await?;
        let asked = Asked { method: head.method, uri: head.uri, headers: head.headers, body };
        let trouble = match self.peer.is_watched(&asked) {
            true => self.troubles.arrive(),
            false => None,
        };
        let dropped = || Err(io::ErrorKind::ConnectionAborted.into());
        let mut cut = None;
        let reply = match trouble {
            None => self.peer.answer(&asked),
            Some(Trouble::CutAnswer(after)) => {
                cut = Some(after);
                self.peer.answer(&asked)
            }
            Some(Trouble::Throttle(after)) => {
                let reply = Reply::empty(StatusCode::TOO_MANY_REQUESTS);
                match after {
                    Some(seconds) => reply.with(RETRY_AFTER, &seconds.to_string()),
                    None => reply,
                }
            }
            Some(Trouble::Fail(status)) => Reply::empty(status),
            Some(Trouble::Answer(status, body)) => {
                Reply { body, ..Reply::json(status, &serde_json::Value::Null) }
            }
            Some(Trouble::Drop) => return dropped(),
            Some(Trouble::DropAfter) => {
                self.peer.answer(&asked);
                return dropped();
            }
            Some(Trouble::Hang) => {
                self.troubles.held().await;
                self.peer.answer(&asked)
            }
            Some(Trouble::Delay(duration)) => {
                tokio::time::sleep(duration).await;
                self.peer.answer(&asked)
            }
        };
        let length = reply.length();
        let mut response = Response::new(content(reply.body, reply.spilled, cut));
        *response.status_mut() = reply.status;
        *response.headers_mut() = reply.headers;
        if cut.is_some() {
            response.headers_mut().insert(CONTENT_LENGTH, length.into());
        }
        Ok(response)
    }

    /// Reads a request's body, unless that is to break off.
    async fn read(&self, mut body: Incoming) -> io::Result<Bytes> {
        let mut read = BytesMut::new();
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|_| io::ErrorKind::InvalidData)?;
            let Ok(data) = frame.into_data() else { continue };
            read.extend_from_slice(&data);
            if read.len() > self.peer.longest_body() {
                return Err(io::ErrorKind::InvalidData.into());
            }
            if self.troubles.breaks(read.len()) {
                return Err(io::ErrorKind::ConnectionAborted.into());
            }
        }
        Ok(read.freeze())
    }
}
