use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};

use headgate_core::{Body, HttpClient, HttpError, Timeout};
use headgate_events::{Event, read};
use headgate_fakes::{Gate, pause};
use http::{HeaderMap, Method, Request, Response, StatusCode};

/// Whatever is called: it reads the events that it gets, and answers as the test says.
#[derive(Clone, Debug, Default)]
pub(crate) struct Receiver(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    calls: Vec<Call>,
    /// What is answered next, each once; then 200. 0 is no answer.
    next: VecDeque<u16>,
    /// What a host answers always.
    always: BTreeMap<String, u16>,
    gate: Option<Gate>,
    yields: bool,
    /// How many calls are under way for one event at one host.
    under_way: BTreeMap<(String, String), usize>,
    overlapped: bool,
}

/// A call as it came.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) method: Method,
    pub(crate) address: String,
    pub(crate) headers: HeaderMap,
    /// None when no event was sent, or one that only a topic understands.
    pub(crate) event: Option<Event>,
    pub(crate) status: u16,
}

impl Receiver {
    pub(crate) fn answers_next(&self, statuses: impl IntoIterator<Item = u16>) {
        self.0.lock().unwrap().next.extend(statuses);
    }

    pub(crate) fn answers_always(&self, host: &str, status: u16) {
        self.0.lock().unwrap().always.insert(host.to_owned(), status);
    }

    pub(crate) fn holds_at(&self, gate: Gate) {
        self.0.lock().unwrap().gate = Some(gate);
    }

    /// Whether others go first at each call, as on a network.
    pub(crate) fn lets_others_go_first(&self, yields: bool) {
        self.0.lock().unwrap().yields = yields;
    }

    pub(crate) fn calls(&self) -> Vec<Call> {
        self.0.lock().unwrap().calls.clone()
    }

    pub(crate) fn count(&self) -> usize {
        self.0.lock().unwrap().calls.len()
    }

    /// Whether two calls for one event were under way at one host at the same time.
    pub(crate) fn overlapped(&self) -> bool {
        self.0.lock().unwrap().overlapped
    }

    /// The ids of the events that a host has taken, as often as it has.
    pub(crate) fn taken_by(&self, host: &str) -> Vec<String> {
        let calls = self.calls().into_iter().filter(|call| call.status == 200);
        let calls = calls.filter(|call| call.address.starts_with(&format!("https://{host}/")));
        calls.filter_map(|call| Some(call.event?.id().to_owned())).collect()
    }
}

impl HttpClient for Receiver {
    async fn send(
        &self,
        request: Request<Body>,
        _timeout: Timeout,
    ) -> Result<Response<Body>, HttpError> {
        let (parts, body) = request.into_parts();
        let body = body.read(2_000_000).await.unwrap();
        // A topic of Event Grid gets events that say nothing of their source: nobody reads those here.
        let event =
            read(&parts.headers, &body).ok().and_then(|read| read.events.into_iter().next());
        let host = parts.uri.host().unwrap().to_owned();
        let at =
            (host.clone(), event.as_ref().map_or(String::new(), |event| event.id().to_owned()));
        let (gate, yields) = {
            let mut state = self.0.lock().unwrap();
            let under_way = state.under_way.entry(at.clone()).or_default();
            *under_way += 1;
            let overlaps = *under_way > 1;
            state.overlapped |= overlaps;
            (state.gate.clone(), state.yields)
        };
        match gate {
            Some(gate) => gate.pass().await,
            None if yields => pause().await,
            None => {}
        }
        let mut state = self.0.lock().unwrap();
        if let Some(under_way) = state.under_way.get_mut(&at) {
            *under_way -= 1;
        }
        let status = state.next.pop_front();
        let status = status.or_else(|| state.always.get(&host).copied()).unwrap_or(200);
        let (method, address) = (parts.method, parts.uri.to_string());
        state.calls.push(Call { method, address, headers: parts.headers, event, status });
        if status == 0 {
            return Err(HttpError::TimedOut);
        }
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::from_u16(status).unwrap();
        Ok(response)
    }
}
