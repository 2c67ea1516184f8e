use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use headgate_core::Timestamp;
use http::{HeaderMap, HeaderValue, Method, StatusCode};

use crate::line_writer::LineWriter;

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

/// Takes the accounts of requests to where they go.
pub(crate) enum RequestLogger {
    Off,
    Sink(LogSink),
    Stderr(LineWriter),
}

impl RequestLogger {
    pub(crate) fn start(log: RequestLog) -> std::io::Result<Self> {
        Ok(match log {
            RequestLog::Off => Self::Off,
            RequestLog::Sink(sink) => Self::Sink(sink),
            RequestLog::Stderr => Self::Stderr(LineWriter::start(std::io::stderr())?),
        })
    }

    /// Says whether anybody listens: otherwise an account need not be made.
    pub(crate) fn is_on(&self) -> bool {
        !matches!(self, Self::Off)
    }

    pub(crate) fn record(&self, account: &Account<'_>) {
        match self {
            Self::Off => {}
            Self::Sink(sink) => sink(&account.to_json()),
            Self::Stderr(writer) => writer.line(&[account.to_json().as_bytes()]),
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
