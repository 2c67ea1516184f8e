//! What a caller asks for by `POST /runs`: pure.

use std::fmt;
use std::time::Duration;

use headgate_core::ids;
use serde::Deserialize;
use serde_json::json;

use crate::inputs::{Inputs, LONGEST};
use crate::run::{ConnectionType, LONGEST_TIMEOUT, Mode, Priority};

/// A request to run a flow. `Debug` does not show the inputs.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RunRequest {
    /// The flow's id or name.
    pub flow: String,
    /// The inputs, by name.
    #[serde(default)]
    pub inputs: Inputs,
    /// With or without a person at the machine.
    pub mode: Mode,
    /// The place in the machine's queue.
    #[serde(default)]
    pub priority: Option<Priority>,
    /// The connection's name.
    #[serde(default)]
    connection: Option<String>,
    /// In its place, a connection reference's logical name.
    #[serde(default)]
    connection_reference: Option<String>,
    /// How long the robot may take, in seconds.
    #[serde(default)]
    pub timeout: Option<u32>,
    /// How long the answer may wait for the end, in seconds.
    #[serde(default)]
    wait: Option<u32>,
}

/// Why a request is none. The text is what the caller is told.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// The body is not JSON of this form.
    #[error("the body is no request to run a flow: {0}")]
    Malformed(String),
    /// The name is empty or too long.
    #[error("{0} must have 1 to {LONGEST_NAME} characters")]
    Name(&'static str),
    /// There are two connections, or none.
    #[error("give either connection or connectionReference")]
    Connection,
    /// The timeout is outside the range.
    #[error("timeout must be from 1 to {LONGEST_TIMEOUT} seconds")]
    Timeout,
    /// The wait is outside the range.
    #[error("wait must be from 0 to {LONGEST_WAIT} seconds")]
    Wait,
    /// The inputs are too long.
    #[error("the inputs are longer than {LONGEST} bytes as JSON")]
    InputsTooLong,
}

impl fmt::Debug for RunRequest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = formatter.debug_struct("RunRequest");
        shown.field("flow", &self.flow).field("mode", &self.mode).finish_non_exhaustive()
    }
}

/// The longest that an answer waits, in seconds.
pub const LONGEST_WAIT: u32 = 300;

const LONGEST_NAME: usize = 256;

impl RunRequest {
    /// Reads a body.
    ///
    /// # Errors
    ///
    /// [`RequestError`].
    pub fn parse(body: &[u8]) -> Result<Self, RequestError> {
        let request: Self = serde_json::from_slice(body)
            .map_err(|error| RequestError::Malformed(error.to_string()))?;
        let is_name = |name: &str| !name.trim().is_empty() && name.chars().count() <= LONGEST_NAME;
        if !is_name(&request.flow) {
            return Err(RequestError::Name("flow"));
        }
        match (&request.connection, &request.connection_reference) {
            (Some(name), None) if !is_name(name) => return Err(RequestError::Name("connection")),
            (None, Some(name)) if !is_name(name) => {
                return Err(RequestError::Name("connectionReference"));
            }
            (Some(_), None) | (None, Some(_)) => {}
            _ => return Err(RequestError::Connection),
        }
        if request.timeout.is_some_and(|timeout| !(1..=LONGEST_TIMEOUT).contains(&timeout)) {
            return Err(RequestError::Timeout);
        }
        if request.wait.is_some_and(|wait| wait > LONGEST_WAIT) {
            return Err(RequestError::Wait);
        }
        if request.inputs_text().is_some_and(|text| text.len() > LONGEST) {
            return Err(RequestError::InputsTooLong);
        }
        Ok(request)
    }

    /// The connection, and what its name is.
    #[must_use]
    pub fn connection(&self) -> (&str, ConnectionType) {
        match (&self.connection, &self.connection_reference) {
            (Some(name), _) => (name, ConnectionType::Connection),
            (None, name) => (name.as_deref().unwrap_or_default(), ConnectionType::Reference),
        }
    }

    /// How long the answer may wait.
    #[must_use]
    pub fn wait(&self) -> Duration {
        Duration::from_secs(u64::from(self.wait.unwrap_or_default()))
    }

    /// The inputs as JSON, each value as it was written; none without inputs.
    #[must_use]
    pub fn inputs_text(&self) -> Option<String> {
        if self.inputs.is_empty() {
            return None;
        }
        // Names and JSON values always serialise.
        serde_json::to_string(&self.inputs).ok()
    }

    /// A hash of what is to be run, by which the same request is known: not of how long its sender waits.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let (connection, kind) = self.connection();
        let rest = json!([self.flow, self.mode, self.priority, connection, kind, self.timeout]);
        let inputs = self.inputs_text().unwrap_or_default();
        ids::hash(&["run", &rest.to_string(), &inputs])
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(text: &str) -> Result<RunRequest, RequestError> {
        RunRequest::parse(text.as_bytes())
    }

    #[test]
    fn a_request_names_a_flow_a_mode_and_one_connection() {
        let request =
            parse(r#"{"flow":"Orders","mode":"unattended","connectionReference":"cr_1","wait":5}"#);
        let request = request.unwrap();
        assert_eq!(request.connection(), ("cr_1", ConnectionType::Reference));
        assert_eq!((request.wait(), request.inputs_text()), (Duration::from_secs(5), None));
        for (text, error) in [
            (r#"{"flow":"","mode":"attended","connection":"a"}"#, RequestError::Name("flow")),
            (
                r#"{"flow":"a","mode":"attended","connection":" "}"#,
                RequestError::Name("connection"),
            ),
            (r#"{"flow":"a","mode":"attended"}"#, RequestError::Connection),
            (
                r#"{"flow":"a","mode":"attended","connection":"a","connectionReference":"b"}"#,
                RequestError::Connection,
            ),
            (
                r#"{"flow":"a","mode":"attended","connection":"a","timeout":0}"#,
                RequestError::Timeout,
            ),
            (
                r#"{"flow":"a","mode":"attended","connection":"a","timeout":86401}"#,
                RequestError::Timeout,
            ),
            (r#"{"flow":"a","mode":"attended","connection":"a","wait":301}"#, RequestError::Wait),
        ] {
            assert_eq!(parse(text).unwrap_err(), error, "{text}");
        }
        for text in [
            "",
            "[]",
            r#"{"flow":"a","mode":"Attended","connection":"a"}"#,
            r#"{"flow":"a","mode":"attended","connection":"a","x":1}"#,
        ] {
            assert!(matches!(parse(text), Err(RequestError::Malformed(_))), "{text}");
        }
    }

    #[test]
    fn debug_shows_no_input() {
        let request =
            r#"{"flow":"a","mode":"attended","connection":"b","inputs":{"pin":"hunter2"}}"#;
        let shown = format!("{:?}", parse(request).unwrap());
        assert!(shown.contains("flow") && !shown.contains("hunter2"), "{shown}");
    }

    #[test]
    fn inputs_beyond_two_megabytes_are_refused() {
        let of = |length| {
            format!(
                r#"{{"flow":"a","mode":"attended","connection":"a","inputs":{{"a":"{}"}}}}"#,
                "x".repeat(length)
            )
        };
        assert!(parse(&of(LONGEST - 8)).is_ok());
        assert_eq!(parse(&of(LONGEST - 7)).unwrap_err(), RequestError::InputsTooLong);
    }

    #[test]
    fn the_same_request_has_the_same_fingerprint_whoever_waits_and_in_whatever_order() {
        let one =
            r#"{"flow":"a","mode":"attended","connection":"a","inputs":{"x":1,"y":2},"wait":1}"#;
        let same = r#"{ "inputs": {"y":2, "x":1}, "connection":"a","mode":"attended","flow":"a"}"#;
        assert_eq!(parse(one).unwrap().fingerprint(), parse(same).unwrap().fingerprint());
        for other in [
            r#"{"flow":"b","mode":"attended","connection":"a","inputs":{"x":1,"y":2}}"#,
            r#"{"flow":"a","mode":"unattended","connection":"a","inputs":{"x":1,"y":2}}"#,
            r#"{"flow":"a","mode":"attended","connectionReference":"a","inputs":{"x":1,"y":2}}"#,
            r#"{"flow":"a","mode":"attended","connection":"a","inputs":{"x":1,"y":3}}"#,
            r#"{"flow":"a","mode":"attended","connection":"a","inputs":{"x":1,"y":2},"timeout":9}"#,
        ] {
            assert_ne!(parse(one).unwrap().fingerprint(), parse(other).unwrap().fingerprint());
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = RunRequest::parse(&bytes);
        }
    }
}
