use bytes::Bytes;
use futures_util::{StreamExt, stream};
use headgate_core::Body;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Response, StatusCode};
use http_body_util::StreamBody;
use hyper::body::Frame;
use tokio::sync::watch;

use super::Endpoint;

/// How an endpoint misbehaves, for tests. The binary has no way to ask for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It answers this status with an empty body.
    Status(StatusCode),
    /// It answers 200 with this body as `application/json`.
    Content(Bytes),
    /// It answers 200 with its document after this many bytes of white space: too long, and valid JSON all the same.
    Padded(usize),
    /// It closes the connection without an answer.
    Closed,
    /// It holds the request and gives no answer until the fault changes, and then answers as the new state says.
    Held,
    /// It answers 200 and the first byte of a body that never ends.
    Unfinished,
}

/// Marks a response that is to be no response: the server closes the connection.
#[derive(Clone, Copy, Debug)]
pub(super) struct CloseConnection;

/// The counters and the faults of every endpoint.
#[derive(Debug, Default)]
pub(super) struct Levers {
    metadata: Lever,
    keys: Lever,
    token: Lever,
}

#[derive(Debug)]
struct Lever {
    requests: watch::Sender<u64>,
    fault: watch::Sender<Option<Fault>>,
}

impl Default for Lever {
    fn default() -> Self {
        Self { requests: watch::Sender::new(0), fault: watch::Sender::new(None) }
    }
}

impl Levers {
    const fn of(&self, endpoint: Endpoint) -> &Lever {
        match endpoint {
            Endpoint::Metadata => &self.metadata,
            Endpoint::Keys => &self.keys,
            Endpoint::Token => &self.token,
        }
    }

    pub(super) fn set_fault(&self, endpoint: Endpoint, fault: Option<Fault>) {
        self.of(endpoint).fault.send_replace(fault);
    }

    pub(super) fn requests(&self, endpoint: Endpoint) -> u64 {
        *self.of(endpoint).requests.borrow()
    }

    /// Waits until so many requests have come in all.
    pub(super) async fn requests_reach(&self, endpoint: Endpoint, count: u64) {
        // The sender lives as long as `self`, so waiting cannot fail.
        let mut requests = self.of(endpoint).requests.subscribe();
        let _ = requests.wait_for(|seen| *seen >= count).await;
    }

    /// Counts a request and waits while the endpoint is held; gives the fault that there is then.
    pub(super) async fn arrive(&self, endpoint: Endpoint) -> Option<Fault> {
        let lever = self.of(endpoint);
        let mut fault = lever.fault.subscribe();
        lever.requests.send_modify(|seen| *seen += 1);
        match fault.wait_for(|fault| *fault != Some(Fault::Held)).await {
            Ok(fault) => fault.clone(),
            Err(_) => None,
        }
    }
}

impl Fault {
    /// Spoils `response`, which is what the endpoint would have answered; `whole` is its body.
    pub(super) fn spoil(self, whole: Bytes) -> Response<Body> {
        match self {
            Self::Status(status) => {
                let mut response = Response::new(Body::empty());
                *response.status_mut() = status;
                response
            }
            Self::Content(content) => json(Body::from(content)),
            Self::Padded(length) => {
                let mut padded = vec![b' '; length];
                padded.extend_from_slice(&whole);
                json(Body::from(padded))
            }
            Self::Closed | Self::Held => {
                let mut response = Response::new(Body::empty());
                response.extensions_mut().insert(CloseConnection);
                response
            }
            Self::Unfinished => {
                let first: Result<_, std::io::Error> = Ok(Frame::data(Bytes::from_static(b"{")));
                json(Body::stream(StreamBody::new(stream::iter([first]).chain(stream::pending()))))
            }
        }
    }
}

fn json(body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
