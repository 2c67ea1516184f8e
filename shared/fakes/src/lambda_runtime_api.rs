mod connection;
#[cfg(test)]
mod tests;

use std::collections::{HashMap, VecDeque};
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use connection::{Asked, Connection};

/// The AWS Lambda runtime API, version 2018-06-01, for one function process at a time, on a loopback port.
///
/// It hands events out one by one and takes their results. What the real one refuses it refuses with the same status,
/// and remembers in [`refusals`](Self::refusals): an unknown request id, a second answer, a poll while an event is under
/// way, an error without type and message, a response over 6 MB, a path or method that does not exist.
///
/// It runs on threads of its own and blocks its caller, so it serves tests with any runtime or none.
#[derive(Debug)]
pub struct LambdaRuntimeApi {
    address: SocketAddr,
    shared: Arc<Shared>,
}

/// Why an event has no result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InvocationError {
    /// The function reported a failure.
    Failed {
        /// `errorType`.
        kind: String,
        /// `errorMessage`.
        message: String,
    },
    /// The function could not start, and said so.
    NotStarted(String),
    /// Nothing was heard for 30 seconds.
    Silent,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    next_id: u64,
    waiting: VecDeque<(String, Vec<u8>)>,
    under_way: Option<String>,
    answered: HashMap<String, Option<Result<Vec<u8>, InvocationError>>>,
    first_poll: Option<Instant>,
    init_error: Option<String>,
    refusals: Vec<String>,
    ended: bool,
}

/// What the API answers: a status and a document.
struct Reply {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
}

const PATIENCE: Duration = Duration::from_secs(30);

/// 6 MB and what the real one allows on top.
const LONGEST: usize = 6 * 1024 * 1024 + 100;

impl LambdaRuntimeApi {
    /// Begins to listen.
    ///
    /// # Errors
    ///
    /// The operating system's.
    pub fn start() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared::default());
        let of_thread = Arc::clone(&shared);
        std::thread::spawn(move || of_thread.accept(&listener));
        Ok(Self { address, shared })
    }

    /// The variables that Lambda gives a function process.
    #[must_use]
    pub fn environment(&self) -> [(&'static str, String); 5] {
        [
            ("AWS_LAMBDA_RUNTIME_API", self.address.to_string()),
            ("AWS_LAMBDA_FUNCTION_NAME", "function".to_owned()),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128".to_owned()),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST".to_owned()),
            ("AWS_REGION", "eu-west-1".to_owned()),
        ]
    }

    /// Hands one event to the function and waits for its result.
    ///
    /// # Errors
    ///
    /// [`InvocationError`] when the function fails it, never started, or is silent.
    pub fn invoke(&self, event: impl Into<Vec<u8>>) -> Result<Vec<u8>, InvocationError> {
        let mut state = self.shared.lock();
        state.next_id += 1;
        let id = format!("00000000-0000-4000-8000-{:012}", state.next_id);
        state.waiting.push_back((id.clone(), event.into()));
        self.shared.changed.notify_all();
        let mut state = self.shared.wait_until(state, |state| {
            state.init_error.is_some() || matches!(state.answered.get(&id), Some(Some(_)))
        });
        if let Some(answer) = state.answered.get_mut(&id).and_then(Option::take) {
            return answer;
        }
        Err(state.init_error.clone().map_or(InvocationError::Silent, InvocationError::NotStarted))
    }

    /// Waits until the function asks for its first event, and gives the moment; `None` after 30 seconds.
    #[must_use]
    pub fn first_poll(&self) -> Option<Instant> {
        self.shared.wait_until(self.shared.lock(), |state| state.first_poll.is_some()).first_poll
    }

    /// What the function did that the real API refuses.
    #[must_use]
    pub fn refusals(&self) -> Vec<String> {
        self.shared.lock().refusals.clone()
    }
}

impl Drop for LambdaRuntimeApi {
    fn drop(&mut self) {
        self.shared.lock().ended = true;
        self.shared.changed.notify_all();
        // Wakes the thread that accepts.
        drop(TcpStream::connect(self.address));
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait_until<'a>(
        &self,
        state: MutexGuard<'a, State>,
        reached: impl Fn(&State) -> bool,
    ) -> MutexGuard<'a, State> {
        let waited = self.changed.wait_timeout_while(state, PATIENCE, |state| !reached(state));
        waited.unwrap_or_else(PoisonError::into_inner).0
    }

    fn accept(self: Arc<Self>, listener: &TcpListener) {
        while let Ok((stream, _)) = listener.accept() {
            if self.lock().ended {
                return;
            }
            let shared = Arc::clone(&self);
            std::thread::spawn(move || shared.serve(stream));
        }
    }

    /// Serves one connection until its peer or the test ends.
    fn serve(&self, stream: TcpStream) {
        let Ok(mut connection) = Connection::new(stream) else { return };
        while let Ok(Some(asked)) = connection.read(LONGEST) {
            let reply = self.reply(&asked);
            if connection.write(reply.status, &reply.headers, &reply.body).is_err() {
                return;
            }
        }
    }

    fn reply(&self, asked: &Asked) -> Reply {
        let Some(path) = asked.path.strip_prefix("/2018-06-01/runtime/") else {
            return self.refuse(404, "NotFound", &asked.path);
        };
        let parts: Vec<&str> = path.split('/').collect();
        match (asked.method.as_str(), parts.as_slice()) {
            ("GET", ["invocation", "next"]) => self.next(),
            ("POST", ["invocation", id, "response"]) => self.response(id, &asked.body),
            ("POST", ["invocation", id, "error"]) => self.error(id, &asked.body),
            ("POST", ["init", "error"]) => self.init_error(&asked.body),
            (_, ["invocation", "next"] | ["invocation", _, "response" | "error"])
            | (_, ["init", "error"]) => self.refuse(405, "MethodNotAllowed", &asked.method),
            _ => self.refuse(404, "NotFound", &asked.path),
        }
    }

    fn next(&self) -> Reply {
        let mut state = self.lock();
        if state.first_poll.is_none() {
            #[expect(
                clippy::disallowed_methods,
                reason = "a start is measured with the real clock"
            )]
            let now = Instant::now();
            state.first_poll = Some(now);
            self.changed.notify_all();
        }
        if let Some(id) = state.under_way.clone() {
            drop(state);
            return self.refuse(403, "InvalidStateTransition", &format!("{id} has no answer yet"));
        }
        let mut state = self
            .changed
            .wait_while(state, |state| state.waiting.is_empty() && !state.ended)
            .unwrap_or_else(PoisonError::into_inner);
        let Some((id, event)) = state.waiting.pop_front() else {
            return Reply { status: 500, headers: Vec::new(), body: Vec::new() };
        };
        state.under_way = Some(id.clone());
        state.answered.insert(id.clone(), None);
        let arn = "arn:aws:lambda:eu-west-1:123456789012:function:function".to_owned();
        let trace = "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Sampled=0".to_owned();
        let headers = vec![
            ("Content-Type", "application/json".to_owned()),
            ("Lambda-Runtime-Aws-Request-Id", id),
            ("Lambda-Runtime-Deadline-Ms", "4102444800000".to_owned()),
            ("Lambda-Runtime-Invoked-Function-Arn", arn),
            ("Lambda-Runtime-Trace-Id", trace),
        ];
        Reply { status: 200, headers, body: event }
    }

    fn response(&self, id: &str, body: &[u8]) -> Reply {
        if body.len() > LONGEST {
            return self.refuse(413, "RequestEntityTooLarge", "the response is over 6 MB");
        }
        self.answer(id, Ok(body.to_vec()))
    }

    fn error(&self, id: &str, body: &[u8]) -> Reply {
        match error_document(body) {
            Some((kind, message)) => {
                self.answer(id, Err(InvocationError::Failed { kind, message }))
            }
            None => self.refuse(400, "InvalidRequest", "error without errorType, errorMessage"),
        }
    }

    fn answer(&self, id: &str, answer: Result<Vec<u8>, InvocationError>) -> Reply {
        let mut state = self.lock();
        if state.under_way.as_deref() != Some(id) {
            let known = state.answered.contains_key(id);
            drop(state);
            return if known {
                self.refuse(403, "InvalidStateTransition", &format!("{id} has an answer already"))
            } else {
                self.refuse(400, "InvalidRequestID", id)
            };
        }
        state.under_way = None;
        state.answered.insert(id.to_owned(), Some(answer));
        self.changed.notify_all();
        accepted()
    }

    fn init_error(&self, body: &[u8]) -> Reply {
        let mut state = self.lock();
        if state.first_poll.is_some() {
            drop(state);
            return self.refuse(403, "InvalidStateTransition", "the function has started");
        }
        state.init_error = Some(String::from_utf8_lossy(body).into_owned());
        self.changed.notify_all();
        accepted()
    }

    fn refuse(&self, status: u16, kind: &str, what: &str) -> Reply {
        self.lock().refusals.push(format!("{status} {kind}: {what}"));
        let body = serde_json::json!({ "errorType": kind, "errorMessage": what });
        Reply { status, headers: Vec::new(), body: body.to_string().into_bytes() }
    }
}

fn accepted() -> Reply {
    Reply { status: 202, headers: Vec::new(), body: br#"{"status":"OK"}"#.to_vec() }
}

fn error_document(body: &[u8]) -> Option<(String, String)> {
    let document: serde_json::Value = serde_json::from_slice(body).ok()?;
    let text = |name: &str| document.get(name)?.as_str().map(str::to_owned);
    Some((text("errorType")?, text("errorMessage")?))
}
