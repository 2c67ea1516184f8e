use std::fmt::Write as _;
use std::io::Write as _;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use headgate_core::Timestamp;
use http::{HeaderMap, HeaderValue, Method, StatusCode};

/// Takes the account of one request: a JSON object without a line end.
pub type LogSink = Arc<dyn Fn(&str) + Send + Sync>;

/// Where the accounts of requests go.
#[derive(Clone, Default)]
pub enum RequestLog {
    /// Nowhere.
    #[default]
    Off,
    /// To the host's standard error, one line each.
    Stderr,
    /// To a function.
    Sink(LogSink),
}

impl std::fmt::Debug for RequestLog {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Off => "Off",
            Self::Stderr => "Stderr",
            Self::Sink(_) => "Sink",
        })
    }
}

/// One request, as it is accounted for: nothing in it is a secret, a query or a header's value except the trace's id.
pub(crate) struct Account<'a> {
    pub(crate) time: Timestamp,
    pub(crate) method: &'a Method,
    pub(crate) route: Option<&'a str>,
    pub(crate) component: Option<&'a str>,
    pub(crate) status: StatusCode,
    pub(crate) duration: Duration,
    pub(crate) trace_id: Option<&'a str>,
}

impl Account<'_> {
    /// Writes the account. Methods are tokens (RFC 9110 §9.1), routes and component names come from the manifest: routes are
    /// the one part that may need escaping.
    pub(crate) fn to_json(&self) -> String {
        let mut line = String::with_capacity(256);
        // Writing to a string cannot fail.
        let _ = write!(line, r#"{{"time":"{}","method":"{}""#, self.time, self.method);
        for (name, value) in [("route", self.route), ("component", self.component)] {
            if let Some(value) = value {
                let value = serde_json::Value::from(value);
                let _ = write!(line, r#","{name}":{value}"#);
            }
        }
        let (status, micros) = (self.status.as_u16(), self.duration.as_micros());
        let _ = write!(line, r#","status":{status},"duration_us":{micros}"#);
        if let Some(trace_id) = self.trace_id {
            let _ = write!(line, r#","trace_id":"{trace_id}""#);
        }
        line.push('}');
        line
    }
}

/// The trace id of a `traceparent` header, when it has one.
pub(crate) fn trace_id(headers: &HeaderMap) -> Option<&HeaderValue> {
    let value = headers.get("traceparent")?;
    let id = value.as_bytes().get(3..35)?;
    let lower_hex = |byte: &u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(byte);
    (value.as_bytes().get(2) == Some(&b'-') && id.iter().all(lower_hex)).then_some(value)
}

/// Writes accounts from a thread of its own, so that no request waits for a terminal.
pub(crate) struct RequestLogger {
    target: Target,
}

enum Target {
    Off,
    Sink(LogSink),
    Stderr { queue: Arc<Queue>, writer: Option<JoinHandle<()>> },
}

#[derive(Default)]
struct Queue {
    waiting: Mutex<Waiting>,
    more: Condvar,
}

#[derive(Default)]
struct Waiting {
    lines: Vec<u8>,
    lost: u64,
    closed: bool,
}

/// Lines beyond this wait nowhere: a reader that has stopped must not fill the host's memory.
const WAITING_LIMIT: usize = 8 * 1024 * 1024;

impl RequestLogger {
    pub(crate) fn start(log: RequestLog) -> std::io::Result<Self> {
        let target = match log {
            RequestLog::Off => Target::Off,
            RequestLog::Sink(sink) => Target::Sink(sink),
            RequestLog::Stderr => {
                let queue = Arc::<Queue>::default();
                let reader = Arc::clone(&queue);
                let writer = std::thread::Builder::new()
                    .name("headgate-log".to_owned())
                    .spawn(move || reader.write_until_closed())?;
                Target::Stderr { queue, writer: Some(writer) }
            }
        };
        Ok(Self { target })
    }

    /// Says whether anybody listens: otherwise an account need not be made.
    pub(crate) fn is_on(&self) -> bool {
        !matches!(self.target, Target::Off)
    }

    pub(crate) fn record(&self, account: &Account<'_>) {
        match &self.target {
            Target::Off => {}
            Target::Sink(sink) => sink(&account.to_json()),
            Target::Stderr { queue, .. } => queue.push(&account.to_json()),
        }
    }
}

impl Drop for RequestLogger {
    fn drop(&mut self) {
        if let Target::Stderr { queue, writer } = &mut self.target {
            queue.lock().closed = true;
            queue.more.notify_one();
            if let Some(writer) = writer.take() {
                // A writer that panicked has nothing left to write.
                let _ = writer.join();
            }
        }
    }
}

impl Queue {
    fn lock(&self) -> std::sync::MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, line: &str) {
        let mut waiting = self.lock();
        if waiting.lines.len() + line.len() > WAITING_LIMIT {
            waiting.lost += 1;
            return;
        }
        let first = waiting.lines.is_empty();
        waiting.lines.extend_from_slice(line.as_bytes());
        waiting.lines.push(b'\n');
        drop(waiting);
        if first {
            self.more.notify_one();
        }
    }

    fn write_until_closed(&self) {
        let mut lines = Vec::new();
        loop {
            let (lost, closed) = {
                let mut waiting = self.lock();
                while waiting.lines.is_empty() && !waiting.closed {
                    waiting = self.more.wait(waiting).unwrap_or_else(PoisonError::into_inner);
                }
                std::mem::swap(&mut lines, &mut waiting.lines);
                (std::mem::take(&mut waiting.lost), waiting.closed)
            };
            if lost > 0 {
                lines.extend_from_slice(format!("{{\"lost_lines\":{lost}}}\n").as_bytes());
            }
            // Nobody is left to tell when standard error is gone.
            let _ = std::io::stderr().lock().write_all(&lines);
            lines.clear();
            if closed {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_one_json_object() {
        let account = Account {
            time: Timestamp::from_secs(1_743_554_868),
            method: &Method::GET,
            route: Some("/a\"b/..."),
            component: Some("one"),
            status: StatusCode::OK,
            duration: Duration::from_micros(12),
            trace_id: Some("4bf92f3577b34da6a3ce929d0e0e4736"),
        };
        let value: serde_json::Value = serde_json::from_str(&account.to_json()).unwrap();
        assert_eq!(
            value,
            serde_json::json!({
                "time": "2025-04-02T00:47:48.000Z",
                "method": "GET",
                "route": "/a\"b/...",
                "component": "one",
                "status": 200,
                "duration_us": 12,
                "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
            })
        );
    }

    #[test]
    fn a_trace_id_is_taken_from_a_well_formed_header_only() {
        let id = |value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert("traceparent", HeaderValue::from_static(value));
            trace_id(&headers).is_some()
        };
        assert!(id("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"));
        assert!(!id("00-4bf92f3577b34da6a3ce929d0e0e473\"-00f067aa0ba902b7-01"));
        assert!(!id("00-4bf92f35"));
    }
}
