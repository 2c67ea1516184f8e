//! The world outside: Dataverse, the connections API, whoever gives tokens, and a sink.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use headgate_core::{Body, HttpClient, HttpError, Timeout};
use headgate_fakes::{now, pause};
use headgate_peers::connections::ConnectionsApi;
use headgate_peers::dataverse::Dataverse;
use headgate_peers::peer::{Asked, Peer, Reply};
use http::{Request, Response, StatusCode};
use serde_json::Value;

pub(crate) const DATAVERSE: &str = "https://contoso.crm4.dynamics.com";
pub(crate) const ENVIRONMENT: &str = "37520647-dbdf-49fa-ba01-6134c14680c4";
pub(crate) const TOKEN: &str = "a-token-of-the-managed-identity";

/// What becomes of a request in place of its answer.
#[derive(Clone, Debug)]
pub(crate) enum Trouble {
    /// There is no connection: it did not arrive.
    Refused,
    /// It did not arrive, and nobody knows.
    LostBefore,
    /// It arrived, and the answer did not.
    LostAfter,
    /// The service answers so and does nothing.
    Answer(u16, &'static str, Option<u64>),
    /// It arrives, and the answer is this.
    DoneAndAnswers(u16, &'static str),
}

/// Clones are the same net.
#[derive(Clone)]
pub(crate) struct Net {
    dataverse: Arc<Dataverse>,
    connections: Arc<ConnectionsApi>,
    state: Arc<Mutex<State>>,
    yields: bool,
}

#[derive(Default)]
struct State {
    /// Troubles of starts, one each.
    starts: VecDeque<Option<Trouble>>,
    /// Troubles of everything else that Dataverse is asked.
    others: VecDeque<Option<Trouble>>,
    /// Trouble of every start, by the number of its robot's session.
    always: Option<Trouble>,
    requests: Vec<String>,
    tokens: usize,
    /// Whether nobody is at the identity endpoint.
    is_without_identity: bool,
    events: Vec<Value>,
    /// What showed the sink who called.
    authorizations: Vec<String>,
}

impl Net {
    pub(crate) fn new(dataverse: Arc<Dataverse>, connections: Arc<ConnectionsApi>) -> Self {
        Self { dataverse, connections, state: Arc::default(), yields: false }
    }

    /// The same net over which others go first.
    pub(crate) fn yielding(&self) -> Self {
        Self { yields: true, ..self.clone() }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    pub(crate) fn starts(&self, troubles: impl IntoIterator<Item = Trouble>) {
        self.state().starts.extend(troubles.into_iter().map(Some));
    }

    pub(crate) fn all_starts(&self, trouble: Option<Trouble>) {
        self.state().always = trouble;
    }

    pub(crate) fn others(&self, troubles: impl IntoIterator<Item = Trouble>) {
        self.state().others.extend(troubles.into_iter().map(Some));
    }

    /// What was sent to Dataverse and the connections API, as `METHOD path`.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.state().requests.clone()
    }

    pub(crate) fn count(&self, part: &str) -> usize {
        self.state().requests.iter().filter(|request| request.contains(part)).count()
    }

    pub(crate) fn tokens(&self) -> usize {
        self.state().tokens
    }

    /// Takes the identity endpoint away, or gives it back.
    pub(crate) fn identity(&self, is_there: bool) {
        self.state().is_without_identity = !is_there;
    }

    /// The `Authorization` of each event that the sink took.
    pub(crate) fn authorizations(&self) -> Vec<String> {
        self.state().authorizations.clone()
    }

    /// The events that the sink took.
    pub(crate) fn events(&self) -> Vec<Value> {
        self.state().events.clone()
    }

    fn trouble(&self, path: &str) -> Option<Trouble> {
        let mut state = self.state();
        if path.ends_with("RunDesktopFlow") {
            state.starts.pop_front().flatten().or_else(|| state.always.clone())
        } else {
            state.others.pop_front().flatten()
        }
    }

    fn ask(&self, asked: &Asked) -> Result<Reply, HttpError> {
        let host = asked.uri.host().unwrap_or_default().to_owned();
        let path = asked.uri.path().to_owned();
        match host.as_str() {
            "169.254.169.254" if self.state().is_without_identity => {
                Err(HttpError::Unreachable("refused".to_owned()))
            }
            "169.254.169.254" => {
                self.state().tokens += 1;
                let token = serde_json::json!({
                    "access_token": TOKEN, "expires_in": "86400", "expires_on": "4000000000", "token_type": "Bearer",
                });
                Ok(Reply::json(StatusCode::OK, &token))
            }
            "sink.example" => {
                let authorization = asked.header("authorization").unwrap_or_default().to_owned();
                self.state().authorizations.push(authorization);
                self.state().events.push(serde_json::from_slice(&asked.body).unwrap());
                Ok(Reply::empty(StatusCode::OK))
            }
            "contoso.crm4.dynamics.com" => {
                self.state().requests.push(format!(
                    "{} {}",
                    asked.method,
                    asked.uri.path_and_query().unwrap()
                ));
                match self.trouble(&path) {
                    None => Ok(self.dataverse.answer(asked)),
                    Some(Trouble::Refused) => Err(HttpError::Unreachable("refused".to_owned())),
                    Some(Trouble::LostBefore) => Err(HttpError::TimedOut),
                    Some(Trouble::LostAfter) => {
                        self.dataverse.answer(asked);
                        Err(HttpError::Protocol("connection closed".to_owned()))
                    }
                    Some(Trouble::Answer(status, body, retry_after)) => {
                        Ok(reply(status, body, retry_after))
                    }
                    Some(Trouble::DoneAndAnswers(status, body)) => {
                        self.dataverse.answer(asked);
                        Ok(reply(status, body, None))
                    }
                }
            }
            "37520647dbdf49faba016134c14680.c4.environment.api.powerplatform.com" => {
                self.state().requests.push(format!(
                    "{} {}",
                    asked.method,
                    asked.uri.path_and_query().unwrap()
                ));
                match self.trouble(&path) {
                    Some(Trouble::Answer(status, body, retry_after)) => {
                        Ok(reply(status, body, retry_after))
                    }
                    _ => Ok(self.connections.answer(asked)),
                }
            }
            other => Err(HttpError::NotAllowed(other.to_owned())),
        }
    }
}

fn reply(status: u16, body: &'static str, retry_after: Option<u64>) -> Reply {
    let mut reply = Reply::empty(StatusCode::from_u16(status).unwrap());
    reply.body = Bytes::from_static(body.as_bytes());
    match retry_after {
        Some(seconds) => reply.with(http::header::RETRY_AFTER, &seconds.to_string()),
        None => reply,
    }
}

impl HttpClient for Net {
    async fn send(
        &self,
        request: Request<Body>,
        _timeout: Timeout,
    ) -> Result<Response<Body>, HttpError> {
        if self.yields {
            pause().await;
        }
        let (parts, body) = request.into_parts();
        let body = now(body.read(8 * 1024 * 1024)).unwrap();
        let asked = Asked { method: parts.method, uri: parts.uri, headers: parts.headers, body };
        let reply = self.ask(&asked);
        if self.yields {
            pause().await;
        }
        let reply = reply?;
        let mut response = Response::new(Body::from(reply.body));
        *response.status_mut() = reply.status;
        *response.headers_mut() = reply.headers;
        Ok(response)
    }
}
