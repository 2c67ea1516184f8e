use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex};

use headgate_core::{Body, HttpClient, HttpError, Timeout};
use headgate_events::{Event, read};
use headgate_fakes::Gate;
use http::{Request, Response, StatusCode};

/// A sink that reads what it is sent, and answers as the test says.
#[derive(Clone, Debug, Default)]
pub(crate) struct SinkServer(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    /// The sink's host, and the event.
    taken: Vec<(String, Event)>,
    requests: usize,
    /// What is answered next, each once; then 200.
    answers: VecDeque<Answer>,
    always: BTreeMap<String, Answer>,
    gate: Option<Gate>,
}

#[derive(Clone, Copy, Debug)]
enum Answer {
    Status(u16),
    Silence,
}

impl SinkServer {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn answers_next(&self, statuses: impl IntoIterator<Item = u16>) {
        self.0.lock().unwrap().answers.extend(statuses.into_iter().map(Answer::Status));
    }

    /// Lets a host answer with this status always; 200 takes it back.
    pub(crate) fn answers_always(&self, host: &str, status: u16) {
        self.0.lock().unwrap().always.insert(host.to_owned(), Answer::Status(status));
    }

    pub(crate) fn is_silent_always(&self, host: &str) {
        self.0.lock().unwrap().always.insert(host.to_owned(), Answer::Silence);
    }

    /// Holds every answer back until the gate lets it through.
    pub(crate) fn holds_at(&self, gate: Gate) {
        self.0.lock().unwrap().gate = Some(gate);
    }

    /// The ids of the events that were taken, in their order.
    pub(crate) fn taken(&self) -> Vec<String> {
        self.0.lock().unwrap().taken.iter().map(|(_, event)| event.id().to_owned()).collect()
    }

    /// The ids of the events that were taken, each once, in alphabetical order.
    pub(crate) fn taken_once(&self) -> Vec<String> {
        let mut taken = self.taken();
        taken.sort();
        taken.dedup();
        taken
    }

    pub(crate) fn count(&self) -> usize {
        self.0.lock().unwrap().requests
    }

    /// The ids of the events that a host has taken, each once, in alphabetical order.
    pub(crate) fn taken_once_by(&self, host: &str) -> Vec<String> {
        let state = self.0.lock().unwrap();
        let taken = state.taken.iter().filter(|(by, _)| by == host);
        let taken: BTreeSet<_> = taken.map(|(_, event)| event.id().to_owned()).collect();
        taken.into_iter().collect()
    }
}

impl HttpClient for SinkServer {
    async fn send(
        &self,
        request: Request<Body>,
        _timeout: Timeout,
    ) -> Result<Response<Body>, HttpError> {
        let (parts, body) = request.into_parts();
        let body = body.read(2_000_000).await.unwrap();
        let gate = self.0.lock().unwrap().gate.clone();
        if let Some(gate) = gate {
            gate.pass().await;
        }
        let events = read(&parts.headers, &body).expect("what is sent can be read").events;
        let mut state = self.0.lock().unwrap();
        let host = parts.uri.host().unwrap().to_owned();
        state.requests += 1;
        let next = state.answers.pop_front();
        let answer =
            next.or_else(|| state.always.get(&host).copied()).unwrap_or(Answer::Status(200));
        match answer {
            Answer::Silence => Err(HttpError::TimedOut),
            Answer::Status(status) => {
                if (200..=204).contains(&status) {
                    state.taken.extend(events.into_iter().map(|event| (host.clone(), event)));
                }
                let mut response = Response::new(Body::empty());
                *response.status_mut() = StatusCode::from_u16(status).unwrap();
                Ok(response)
            }
        }
    }
}
