use std::fmt::Display;
use std::io::Write;

use headgate_core::{Clock, Diagnostics, Logged, RequestLog, Served, Severity};
use http::StatusCode;
use serde_json::json;

use crate::WasiClock;

/// The host's log, which takes a component's standard error: one line of JSON for each report, and for each request that
/// is to be logged.
#[derive(Clone, Copy, Debug, Default)]
pub struct StderrLog {
    pub(crate) logged: Logged,
}

impl RequestLog for StderrLog {
    fn takes(&self, status: StatusCode) -> bool {
        self.logged.takes(status)
    }

    fn record(&self, served: &Served) {
        write_line(served.to_json());
    }
}

impl Diagnostics for StderrLog {
    fn report(&self, severity: Severity, message: &dyn Display) {
        let line = json!({
            "time": WasiClock.now().to_string(),
            "severity": severity.as_str(),
            "message": message.to_string(),
        });
        write_line(serde_json::to_string(&line).unwrap_or_default());
    }
}

/// Writes the line at once, so that lines of concurrent requests do not mix. A log that is gone stops no request.
fn write_line(mut line: String) {
    line.push('\n');
    let _ = std::io::stderr().write_all(line.as_bytes());
}
