use std::array::IntoIter;
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fmt::Write as _;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::{self, Iter};
use http::header::CONTENT_TYPE;
use http::{HeaderName, HeaderValue, Request, Response, StatusCode};
use http_body_util::{BodyExt, Either, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};

use super::expectation::{Answer, Expectation, Misdeed};
use super::names::{Names, bytes};
use crate::host::RUNTIME;

/// The world outside: servers on loopback that refuse what they were not told to expect.
#[derive(Debug)]
pub struct Peers {
    names: Names,
    addresses: Vec<SocketAddr>,
    shared: Arc<Shared>,
    serving: Vec<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    names: Names,
    state: Mutex<State>,
    changed: Condvar,
    /// Whether the function may run in several instances, which remember each for itself.
    has_several_instances: bool,
}

#[derive(Debug)]
struct State {
    left: BTreeMap<String, Vec<Expectation>>,
    arrived: BTreeMap<String, usize>,
    wrong: Vec<String>,
}

/// How long a request may take to arrive: it is there when the function answers, or a moment later.
const PATIENCE: Duration = Duration::from_secs(20);

/// How long nothing more may come once everything has: a delivery that follows another one does so within milliseconds. On a
/// machine that is slower, one too many is missed; none is seen that was not there.
const QUIET: Duration = Duration::from_millis(100);

impl Peers {
    /// Begins to listen, one address for each peer, which `names` then has.
    ///
    /// # Errors
    ///
    /// The operating system's.
    pub(super) fn start(
        expected: &BTreeMap<String, Vec<Expectation>>,
        names: Names,
        has_several_instances: bool,
    ) -> io::Result<Self> {
        RUNTIME.block_on(async {
            let mut listeners = BTreeMap::new();
            for name in expected.keys() {
                listeners.insert(name.clone(), TcpListener::bind("127.0.0.1:0").await?);
            }
            let address = |(name, listener): (&String, &TcpListener)| {
                listener.local_addr().map(|address| (name.clone(), address))
            };
            let addresses: io::Result<BTreeMap<_, _>> = listeners.iter().map(address).collect();
            let addresses = addresses?;
            let names = names.with_peers(addresses.clone());
            let (arrived, wrong) = (BTreeMap::new(), Vec::new());
            let state = Mutex::new(State { left: expected.clone(), arrived, wrong });
            let changed = Condvar::new();
            let shared = Shared { names: names.clone(), state, changed, has_several_instances };
            let shared = Arc::new(shared);
            let serving = listeners.into_iter().map(|(name, listener)| {
                tokio::spawn(serve(listener, name.into(), Arc::clone(&shared)))
            });
            let serving = serving.collect();
            Ok(Self { names, addresses: addresses.into_values().collect(), shared, serving })
        })
    }

    pub(super) fn names(&self) -> &Names {
        &self.names
    }

    pub(super) fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Waits until so many requests have arrived at a peer.
    pub(super) fn wait_for(&self, peer: &str, count: usize) -> Result<(), String> {
        self.wait_until(|state| state.arrived.get(peer).is_some_and(|came| *came >= count))
    }

    /// Waits until everything has come that is to come.
    pub(super) fn wait_for_all(&self) -> Result<(), String> {
        self.wait_until(|state| state.left.values().flatten().all(|expected| expected.times == 0))
    }

    /// Waits a moment for what may come that was not told. Where nothing has come at all, nothing follows.
    pub(super) fn stay_quiet(&self) -> Result<(), String> {
        let state = self.shared.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.arrived.is_empty() {
            return Ok(());
        }
        let waits = |state: &mut State| state.wrong.is_empty();
        let waited = self.shared.changed.wait_timeout_while(state, QUIET, waits);
        drop(waited.unwrap_or_else(PoisonError::into_inner));
        self.was_right()
    }

    /// Whether nothing came that nobody expected.
    pub(super) fn was_right(&self) -> Result<(), String> {
        let unexpected = self.unexpected();
        if unexpected.is_empty() { Ok(()) } else { Err(unexpected) }
    }

    /// What came that nobody expected, as text.
    pub(super) fn unexpected(&self) -> String {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner).wrong.join("\n")
    }

    fn wait_until(&self, done: impl Fn(&State) -> bool) -> Result<(), String> {
        let state = self.shared.state.lock().unwrap_or_else(PoisonError::into_inner);
        let waits = |state: &mut State| state.wrong.is_empty() && !done(state);
        let (state, _) = self
            .shared
            .changed
            .wait_timeout_while(state, PATIENCE, waits)
            .unwrap_or_else(PoisonError::into_inner);
        if !state.wrong.is_empty() {
            return Err(state.wrong.join("\n"));
        }
        if done(&state) {
            return Ok(());
        }
        let mut missing = String::from("these did not come:");
        for (peer, left) in &state.left {
            for Expectation { request, times, .. } in left.iter().filter(|left| left.times > 0) {
                let _ = write!(missing, "\n{times} × {peer}: {} {}", request.method, request.path);
            }
        }
        Err(missing)
    }
}

impl Drop for Peers {
    fn drop(&mut self) {
        self.serving.iter().for_each(JoinHandle::abort);
    }
}

async fn serve(listener: TcpListener, peer: Arc<str>, shared: Arc<Shared>) {
    // They end with this task.
    let mut connections = JoinSet::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else { return };
        let (peer, shared) = (Arc::clone(&peer), Arc::clone(&shared));
        let service = service_fn(move |request: Request<Incoming>| {
            let (peer, shared) = (Arc::clone(&peer), Arc::clone(&shared));
            async move { answer(&peer, &shared, request).await }
        });
        connections.spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
        while connections.try_join_next().is_some() {}
    }
}

async fn answer(
    peer: &str,
    shared: &Shared,
    request: Request<Incoming>,
) -> Result<Response<Content>, &'static str> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_err(|_| "the request broke off")?.to_bytes();
    let answer = shared.take(peer, &Request::from_parts(head, body));
    match answer.instead {
        Some(Misdeed::BreakOff) => Err("as the case wants"),
        Some(Misdeed::Silence) => std::future::pending().await,
        None => Ok(response(&answer, &shared.names)),
    }
}

type Content = Either<Full<Bytes>, StreamBody<Iter<IntoIter<Result<Frame<Bytes>, Infallible>, 1>>>>;

/// A `Content-Length` that is told stands, also where the body is shorter: that breaks off.
fn response(answer: &Answer, names: &Names) -> Response<Content> {
    let body = match (&answer.json, &answer.text, &answer.base64) {
        (Some(json), ..) => names.fill_all(json).to_string().into(),
        (None, _, Some(base64)) => bytes(base64),
        (None, text, None) => names.fill(text.as_deref().unwrap_or_default()).into(),
    };
    let is_told = answer.headers.contains_key("content-length");
    let mut response = Response::new(match is_told {
        true => Either::Right(StreamBody::new(stream::iter([Ok(Frame::data(body))]))),
        false => Either::Left(Full::new(body)),
    });
    *response.status_mut() = StatusCode::from_u16(answer.status).expect("a status");
    let headers = response.headers_mut();
    if answer.json.is_some() {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    for (name, values) in &answer.headers {
        let name: HeaderName = name.parse().expect("a header's name");
        headers.remove(&name);
        for value in values.all() {
            headers.append(name.clone(), names.fill(value).parse().expect("a header's value"));
        }
    }
    response
}

impl Shared {
    /// Looks for what was expected of a peer, the first that fits.
    fn take(&self, peer: &str, request: &Request<Bytes>) -> Answer {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let mut why = String::new();
        let mut found = None;
        let left = state.left.entry(peer.to_owned()).or_default();
        for (index, expected) in left.iter_mut().enumerate() {
            match expected.request.compare(request, &self.names) {
                Ok(()) => {
                    expected.times = expected.times.saturating_sub(1);
                    let is_done = expected.times == 0
                        && !(expected.each_instance && self.has_several_instances);
                    found = Some((index, expected.answer.clone(), is_done));
                    break;
                }
                Err(wrong) => {
                    let _ = write!(why, "\n  not {index}: {}", wrong.join("; "));
                }
            }
        }
        let answer = match found {
            Some((index, answer, is_done)) => {
                if is_done {
                    left.remove(index);
                }
                *state.arrived.entry(peer.to_owned()).or_default() += 1;
                answer
            }
            None => {
                let (method, path) = (request.method(), request.uri());
                let (headers, body) = (request.headers(), request.body());
                state.wrong.push(format!(
                    "{peer} did not expect {method} {path} {headers:?} {body:?}{why}"
                ));
                Answer { status: 500, ..Answer::default() }
            }
        };
        drop(state);
        self.changed.notify_all();
        answer
    }
}
