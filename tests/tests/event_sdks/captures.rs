use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use bytes::Bytes;
use headgate_tests::host::RUNTIME;
use http::{HeaderMap, Request, Response, Uri};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::base64;

/// How long a request may take to arrive.
const PATIENCE: Duration = Duration::from_secs(60);

/// A server that answers everything with 200 and an empty object, as a namespace of Event Grid does, and keeps what it was
/// asked.
pub(crate) struct Captures {
    address: SocketAddr,
    kept: Arc<(Mutex<Vec<Captured>>, Condvar)>,
}

/// A request that arrived.
#[derive(Clone, Debug)]
pub(crate) struct Captured {
    pub(crate) uri: Uri,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Captures {
    pub(crate) fn start() -> Self {
        let kept: Arc<(Mutex<Vec<Captured>>, Condvar)> = Arc::default();
        let listener = RUNTIME.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::clone(&kept);
        RUNTIME.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let shared = Arc::clone(&shared);
                let service = service_fn(move |request| keep(Arc::clone(&shared), request));
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
            }
        });
        Self { address, kept }
    }

    /// Where it listens, without a slash at the end.
    pub(crate) fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Waits until so many requests came under `path`, and gives them in their order.
    pub(crate) fn once_there_are(&self, count: usize, path: &str) -> Vec<Captured> {
        let of_path = |kept: &[Captured]| -> Vec<Captured> {
            kept.iter().filter(|captured| captured.uri.path() == path).cloned().collect()
        };
        let (kept, more) = &*self.kept;
        let too_few = |kept: &mut Vec<Captured>| of_path(kept).len() < count;
        let (kept, waited) =
            more.wait_timeout_while(kept.lock().unwrap(), PATIENCE, too_few).unwrap();
        assert!(!waited.timed_out(), "fewer than {count} requests came to {path}: {kept:#?}");
        of_path(&kept)
    }
}

async fn keep(
    kept: Arc<(Mutex<Vec<Captured>>, Condvar)>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    kept.0.lock().unwrap().push(Captured { uri: head.uri, headers: head.headers, body });
    kept.1.notify_all();
    Ok(Response::new(Full::from("{}")))
}

impl Captured {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// A job for the packages that reads the body, or the message.
    pub(crate) fn read_as(&self, form: &str) -> Value {
        json!({ "do": "read", "as": form, "headers": self.headers_as_json(), "body": base64(&self.body) })
    }

    pub(crate) fn headers_as_json(&self) -> Value {
        let pair = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
            (name.as_str().to_owned(), json!(value.to_str().unwrap()))
        };
        self.headers.iter().map(pair).collect::<serde_json::Map<_, _>>().into()
    }
}
