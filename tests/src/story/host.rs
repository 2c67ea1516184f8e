use bytes::Bytes;
use http::{Request, Response};
use serde_json::Value;

/// A function that runs somewhere. It ends when this is dropped.
pub(super) trait Host {
    /// Asks the function over HTTP.
    ///
    /// # Errors
    ///
    /// Why there is no answer, as text.
    fn ask(&self, request: Request<Bytes>) -> Result<Response<Bytes>, String>;

    /// What the function's log says that it decided on the request of this trace.
    ///
    /// # Errors
    ///
    /// That the log does not have the request.
    fn logged(&self, trace_id: &str) -> Result<String, String>;

    /// Hands over an event of the platform, and gives its result, or the status by which the function failed it.
    ///
    /// # Errors
    ///
    /// Why neither is known, as text.
    fn hand_over(&self, event: &Value) -> Result<Result<Value, u16>, String>;
}

/// Why a function does not run.
#[derive(Debug)]
pub(super) enum NotStarted {
    /// It says what is wrong with its configuration.
    Misconfigured(String),
    /// The test cannot start it.
    Broken(String),
}

impl<E: std::fmt::Display> From<E> for NotStarted {
    fn from(error: E) -> Self {
        Self::Broken(error.to_string())
    }
}
