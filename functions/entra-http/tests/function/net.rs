use std::sync::{Arc, Mutex};

use bytes::Bytes;
use headgate_core::{Body, HttpClient, HttpError, Timeout};
use http::{HeaderMap, Method, Request, Response, StatusCode, Uri};
use serde_json::json;

type Serve = dyn Fn(&Sent) -> Result<Response<Body>, HttpError> + Send + Sync;

/// What can be called: one upstream, which does what the test says, and the machine's identity endpoint. A call of any other
/// host fails the test.
#[derive(Clone)]
pub(crate) struct Net(Arc<Mutex<State>>);

struct State {
    serve: Arc<Serve>,
    sent: Vec<Sent>,
    tokens: usize,
    token_answer: Option<(u16, String)>,
}

/// A request that the upstream got.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) method: Method,
    pub(crate) uri: Uri,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Sent {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

/// The upstream's host, and the machine's.
pub(crate) const UPSTREAM: &str = "orders.example";
const MACHINE: &str = "169.254.169.254";

impl Net {
    pub(crate) fn new() -> Self {
        let serve: Arc<Serve> = Arc::new(|_| Ok(answer(200, "answer")));
        let state = State { serve, sent: vec![], tokens: 0, token_answer: None };
        Self(Arc::new(Mutex::new(state)))
    }

    pub(crate) fn serves(
        &self,
        serve: impl Fn(&Sent) -> Result<Response<Body>, HttpError> + Send + Sync + 'static,
    ) {
        self.0.lock().unwrap().serve = Arc::new(serve);
    }

    /// What the machine's identity endpoint answers from now on.
    pub(crate) fn tokens_are(&self, status: u16, body: &str) {
        self.0.lock().unwrap().token_answer = Some((status, body.to_owned()));
    }

    /// The requests that the upstream got.
    pub(crate) fn sent(&self) -> Vec<Sent> {
        self.0.lock().unwrap().sent.clone()
    }

    /// How many tokens were asked for.
    pub(crate) fn tokens(&self) -> usize {
        self.0.lock().unwrap().tokens
    }

    fn token(&self, sent: &Sent) -> Response<Body> {
        let mut state = self.0.lock().unwrap();
        state.tokens += 1;
        let query = sent.uri.query().unwrap_or_default();
        assert!(query.contains("resource=api%3A%2F%2Forders"), "{query}");
        match &state.token_answer {
            Some((status, body)) => answer(*status, body),
            None => {
                let token = json!({
                    "access_token": format!("token-{}", state.tokens),
                    "expires_in": "3599",
                    "expires_on": "1743558467",
                    "resource": "api://orders",
                    "token_type": "Bearer",
                });
                answer(200, &token.to_string())
            }
        }
    }
}

/// An answer of text.
pub(crate) fn answer(status: u16, body: &str) -> Response<Body> {
    let mut response = Response::new(Body::from(body.to_owned()));
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    response
}

/// An answer with headers.
pub(crate) fn with_headers(
    status: u16,
    headers: &[(&'static str, &str)],
    body: &str,
) -> Response<Body> {
    let mut response = answer(status, body);
    for (name, value) in headers {
        response.headers_mut().append(*name, value.parse().unwrap());
    }
    response
}

impl HttpClient for Net {
    async fn send(
        &self,
        request: Request<Body>,
        _timeout: Timeout,
    ) -> Result<Response<Body>, HttpError> {
        let (parts, body) = request.into_parts();
        let body = match body.read(10_000_000).await {
            Ok(body) => body,
            Err(error) => return Err(HttpError::RequestBody(error)),
        };
        let sent = Sent { method: parts.method, uri: parts.uri, headers: parts.headers, body };
        match sent.uri.host().unwrap() {
            MACHINE => Ok(self.token(&sent)),
            UPSTREAM => {
                let serve = {
                    let mut state = self.0.lock().unwrap();
                    state.sent.push(sent.clone());
                    Arc::clone(&state.serve)
                };
                serve(&sent)
            }
            other => panic!("{other} is called"),
        }
    }
}
