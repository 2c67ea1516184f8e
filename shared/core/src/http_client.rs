use std::future::Future;
use std::time::Duration;

use http::{Request, Response};

use crate::{Body, BodyError};

/// Calls other hosts over HTTP.
///
/// An implementor
/// - keeps to the `timeout` in all three of its parts,
/// - does not follow redirects, does not retry, adds no credentials, and keeps no cookies,
/// - verifies TLS certificates against the host's roots,
/// - streams both bodies, and
/// - answers every status as a response; an error means that there was none.
pub trait HttpClient: Send + Sync {
    /// Sends `request`, whose URI is absolute, and gives the response once its head has arrived.
    ///
    /// # Errors
    ///
    /// An [`HttpError`] when no response came. A body that breaks off later fails as [`BodyError::BrokenOff`].
    fn send(
        &self,
        request: Request<Body>,
        timeout: Timeout,
    ) -> impl Future<Output = Result<Response<Body>, HttpError>> + Send;
}

impl<C: HttpClient> HttpClient for std::sync::Arc<C> {
    fn send(
        &self,
        request: Request<Body>,
        timeout: Timeout,
    ) -> impl Future<Output = Result<Response<Body>, HttpError>> + Send {
        C::send(self, request, timeout)
    }
}

/// How long a call may take in each of its parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeout {
    /// To establish the connection, name resolution and TLS included.
    pub connect: Duration,
    /// From then until the response's head has arrived.
    pub first_byte: Duration,
    /// The longest silence inside the response's body.
    pub between_bytes: Duration,
}

impl Timeout {
    /// Makes a timeout that allows `duration` for each part.
    #[must_use]
    pub const fn each(duration: Duration) -> Self {
        Self { connect: duration, first_byte: duration, between_bytes: duration }
    }
}

/// Why no response came.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// The host may not be called: the function did not declare it, or the implementor refuses it.
    #[error("host is not allowed: {0}")]
    NotAllowed(String),
    /// No connection: refused, unresolvable, or TLS failed.
    #[error("connection failed: {0}")]
    Unreachable(String),
    /// One part of the [`Timeout`] ran out.
    #[error("timed out")]
    TimedOut,
    /// The request could not be expressed, or the peer's answer was not HTTP.
    #[error("protocol error: {0}")]
    Protocol(String),
    /// The request's own body could not be read.
    #[error("request body failed: {0}")]
    RequestBody(#[source] BodyError),
}
