use std::fmt;

/// Why no usable response came from a backend, in API Management's words: 1 to 200 characters.
///
/// Two reasons are the same when they differ in case alone. Any text is a reason, since other gateways have their own;
/// the constants are those that a gateway itself meets (azure-docs `api-management-error-handling-policies.md`).
#[derive(Clone, Debug)]
pub struct ErrorReason(Box<str>);

impl ErrorReason {
    /// The connection was not established, or the backend broke it off.
    pub const BACKEND_CONNECTION_FAILURE: &'static str = "BackendConnectionFailure";
    /// The backend's status and headers did not come in time.
    pub const TIMEOUT: &'static str = "Timeout";
    /// The caller went away while the request was pending. It says nothing about the backend.
    pub const CLIENT_CONNECTION_FAILURE: &'static str = "ClientConnectionFailure";

    /// Takes a text of 1 to 200 characters.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        (1..=200).contains(&text.chars().count()).then(|| Self(text.into()))
    }

    /// [`BACKEND_CONNECTION_FAILURE`](Self::BACKEND_CONNECTION_FAILURE).
    #[must_use]
    pub fn backend_connection_failure() -> Self {
        Self(Self::BACKEND_CONNECTION_FAILURE.into())
    }

    /// [`TIMEOUT`](Self::TIMEOUT).
    #[must_use]
    pub fn timeout() -> Self {
        Self(Self::TIMEOUT.into())
    }

    /// [`CLIENT_CONNECTION_FAILURE`](Self::CLIENT_CONNECTION_FAILURE).
    #[must_use]
    pub fn client_connection_failure() -> Self {
        Self(Self::CLIENT_CONNECTION_FAILURE.into())
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl PartialEq for ErrorReason {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Eq for ErrorReason {}

impl fmt::Display for ErrorReason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}
