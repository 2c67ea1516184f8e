use std::fmt;
use std::net::SocketAddr;

use headgate_core::{Clock, Diagnostics, Severity, Timestamp};
use serde::Serialize;

use crate::SystemClock;
use crate::lines::Lines;

/// Writes each report to standard error as one line of JSON: `time`, `severity`, `function`, `message`.
#[derive(Clone, Debug)]
pub struct StderrDiagnostics {
    pub(crate) function: &'static str,
    pub(crate) lines: Lines,
}

#[derive(Serialize)]
struct Report<'a> {
    time: String,
    severity: &'static str,
    function: &'static str,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<String>,
}

impl StderrDiagnostics {
    /// Says what is served, and where.
    pub(crate) fn listens(&self, message: &str, address: SocketAddr) {
        self.write(Severity::Info, message, Some(format!("http://{address}")));
    }

    fn write(&self, severity: Severity, message: &str, address: Option<String>) {
        self.lines.write(line(SystemClock.now(), severity, self.function, message, address));
    }
}

impl Diagnostics for StderrDiagnostics {
    fn report(&self, severity: Severity, message: &dyn fmt::Display) {
        self.write(severity, &message.to_string(), None);
    }
}

fn line(
    time: Timestamp,
    severity: Severity,
    function: &'static str,
    message: &str,
    address: Option<String>,
) -> String {
    let severity = severity.as_str();
    let report = Report { time: time.to_string(), severity, function, message, address };
    // Strings always serialise.
    serde_json::to_string(&report).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_one_line_whatever_its_message_holds() {
        let line = line(
            Timestamp::from_secs(0),
            Severity::Warning,
            "token-validation",
            "issuer is down:\n\"gone\"",
            None,
        );
        assert_eq!(
            line,
            r#"{"time":"1970-01-01T00:00:00.000Z","severity":"warning","function":"token-validation","message":"issuer is down:\n\"gone\""}"#
        );
    }
}
