use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::Notify;

use crate::host::RUNTIME;

/// A webhook that treats each event as the test says, and keeps what it takes.
pub struct EventSink {
    address: SocketAddr,
    /// While it is not listened on, connections are refused, and nobody else gets the port.
    closed: Mutex<Option<TcpSocket>>,
    shared: Arc<Shared>,
}

/// An event that was taken.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// The path to which it was sent.
    pub path: String,
    /// The event, in structured form.
    pub event: Value,
}

/// What becomes of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Treatment {
    /// It is taken, and answered 200.
    Take,
    /// It is taken, and the answer never comes.
    TakeInSilence,
    /// It is not taken, and the answer never comes.
    Hang,
    /// It is answered 500.
    Fail,
    /// The connection ends without an answer.
    BreakOff,
}

struct Shared {
    treat: Box<dyn Fn(&Delivery) -> Treatment + Send + Sync>,
    taken: Mutex<Vec<Delivery>>,
    more: Notify,
    /// By path, how many deliveries are under way.
    held: Mutex<BTreeMap<String, usize>>,
}

/// Longer than a function under test waits for an answer.
const SILENCE: Duration = Duration::from_secs(10);

impl EventSink {
    /// Takes a free loopback port and refuses connections.
    #[must_use]
    pub fn closed(treat: impl Fn(&Delivery) -> Treatment + Send + Sync + 'static) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
        Self {
            address: socket.local_addr().unwrap(),
            closed: Mutex::new(Some(socket)),
            shared: Arc::new(Shared {
                treat: Box::new(treat),
                taken: Mutex::default(),
                more: Notify::new(),
                held: Mutex::default(),
            }),
        }
    }

    /// Takes a free loopback port and listens.
    #[must_use]
    pub fn open(treat: impl Fn(&Delivery) -> Treatment + Send + Sync + 'static) -> Self {
        let sink = Self::closed(treat);
        sink.listen();
        sink
    }

    /// Listens from now on.
    pub fn listen(&self) {
        let Some(socket) = self.closed.lock().unwrap().take() else { return };
        let _context = RUNTIME.enter();
        let listener = socket.listen(1_024).unwrap();
        RUNTIME.spawn(serve(listener, Arc::clone(&self.shared)));
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it has taken, in order.
    #[must_use]
    pub fn taken(&self) -> Vec<Delivery> {
        self.shared.taken.lock().unwrap().clone()
    }

    /// How many deliveries to this path are under way.
    #[must_use]
    pub fn held(&self, path: &str) -> usize {
        self.shared.held.lock().unwrap().get(path).copied().unwrap_or_default()
    }

    /// Waits until what it has taken is enough.
    pub async fn once(&self, enough: impl Fn(&[Delivery]) -> bool) {
        loop {
            let more = self.shared.more.notified();
            if enough(&self.shared.taken.lock().unwrap()) {
                return;
            }
            more.await;
        }
    }
}

async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(converse(stream, Arc::clone(&shared)));
    }
}

async fn converse(stream: TcpStream, shared: Arc<Shared>) {
    let service = service_fn(|request| answer(request, &shared));
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

async fn answer(
    request: Request<Incoming>,
    shared: &Arc<Shared>,
) -> Result<Response<Full<Bytes>>, String> {
    let path = request.uri().path().to_owned();
    let _held = Held::new(&path, Arc::clone(shared));
    // A sender that dies in the middle has sent nothing.
    let body = request.into_body().collect().await.map_err(|error| error.to_string())?.to_bytes();
    let event = serde_json::from_slice(&body).map_err(|error| error.to_string())?;
    let delivery = Delivery { path, event };
    let treatment = (shared.treat)(&delivery);
    if matches!(treatment, Treatment::Take | Treatment::TakeInSilence) {
        shared.taken.lock().unwrap().push(delivery);
        shared.more.notify_waiters();
    }
    match treatment {
        Treatment::Take => Ok(Response::new(Full::default())),
        Treatment::Fail => {
            Ok(Response::builder().status(500).body(Full::default()).expect("a status"))
        }
        Treatment::BreakOff => Err("broken off".to_owned()),
        Treatment::TakeInSilence | Treatment::Hang => {
            tokio::time::sleep(SILENCE).await;
            Err("nobody waited".to_owned())
        }
    }
}

/// A delivery that is under way.
struct Held {
    path: String,
    shared: Arc<Shared>,
}

impl Held {
    fn new(path: &str, shared: Arc<Shared>) -> Self {
        *shared.held.lock().unwrap().entry(path.to_owned()).or_default() += 1;
        Self { path: path.to_owned(), shared }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut held = self.shared.held.lock().unwrap();
        if let Some(count) = held.get_mut(&self.path) {
            *count -= 1;
        }
    }
}
