use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use headgate_core::{Body, HttpClient, HttpError, Timeout};
use headgate_events::{Event, read};
use http::{HeaderMap, Method, Request, Response, StatusCode, Uri};

type Serve = dyn Fn(Request<Body>) -> Result<Response<Body>, HttpError> + Send + Sync;

/// The hosts that can be called: backends, which do what the test says, and `sink.example`, which takes events.
#[derive(Clone, Default)]
pub(crate) struct Net(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    hosts: BTreeMap<String, Arc<Serve>>,
    sent: Vec<Sent>,
    events: Vec<Event>,
    sink_status: Option<u16>,
}

/// A request that a backend got.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) method: Method,
    pub(crate) uri: Uri,
    pub(crate) headers: HeaderMap,
}

impl Net {
    /// Lets a host answer with a status, always.
    pub(crate) fn answers(&self, host: &str, status: u16) {
        self.serves(host, move |_| {
            let mut response = Response::new(Body::from("answer"));
            *response.status_mut() = StatusCode::from_u16(status).unwrap();
            Ok(response)
        });
    }

    pub(crate) fn fails(&self, host: &str, error: impl Fn() -> HttpError + Send + Sync + 'static) {
        self.serves(host, move |_| Err(error()));
    }

    pub(crate) fn serves(
        &self,
        host: &str,
        serve: impl Fn(Request<Body>) -> Result<Response<Body>, HttpError> + Send + Sync + 'static,
    ) {
        self.0.lock().unwrap().hosts.insert(host.to_owned(), Arc::new(serve));
    }

    /// What the sink answers from now on, without taking anything unless it is 200.
    pub(crate) fn sink_answers(&self, status: u16) {
        self.0.lock().unwrap().sink_status = Some(status);
    }

    /// The requests that backends got.
    pub(crate) fn sent(&self) -> Vec<Sent> {
        self.0.lock().unwrap().sent.clone()
    }

    /// The events that the sink has taken, in their order.
    pub(crate) fn events(&self) -> Vec<Event> {
        self.0.lock().unwrap().events.clone()
    }

    /// The short types of the events that the sink has taken, each event once.
    pub(crate) fn event_types(&self) -> Vec<String> {
        let mut known = Vec::new();
        let mut types = Vec::new();
        for event in self.events() {
            if !known.contains(&event.id().to_owned()) {
                known.push(event.id().to_owned());
                types.push(event.event_type().rsplit('.').next().unwrap().to_owned());
            }
        }
        types
    }

    async fn take(&self, parts: http::request::Parts, body: Body) -> Response<Body> {
        let body: Bytes = body.read(2_000_000).await.unwrap();
        let events = read(&parts.headers, &body).expect("what is sent can be read").events;
        let mut state = self.0.lock().unwrap();
        let status = state.sink_status.unwrap_or(200);
        if status == 200 {
            state.events.extend(events);
        }
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::from_u16(status).unwrap();
        response
    }
}

impl HttpClient for Net {
    async fn send(
        &self,
        request: Request<Body>,
        _timeout: Timeout,
    ) -> Result<Response<Body>, HttpError> {
        let (parts, body) = request.into_parts();
        let host = parts.uri.host().unwrap().to_owned();
        if host == "sink.example" {
            return Ok(self.take(parts, body).await);
        }
        let serve = {
            let mut state = self.0.lock().unwrap();
            let (method, uri) = (parts.method.clone(), parts.uri.clone());
            state.sent.push(Sent { method, uri, headers: parts.headers.clone() });
            state.hosts.get(&host).cloned().unwrap_or_else(|| panic!("{host} is called"))
        };
        serve(Request::from_parts(parts, body))
    }
}
