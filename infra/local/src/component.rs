use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body::Body as _;
use http_body_util::{BodyExt, Empty};
use wasmtime_wasi_http::WasiBody;
use wasmtime_wasi_http::handler::{
    ExpirationError, InstantiationError, ProxyHandler, TrapOrPanicError,
};

use crate::guest::Fate;
use crate::instances::{Instances, OpenAnswer};
use crate::stopwatch::Stopwatch;

/// A component that is being served.
pub(crate) struct Component {
    pub(crate) name: Arc<str>,
    /// Serves requests that may be repeated, several in one instance; `None` when instances are not shared.
    pub(crate) shared: Option<ProxyHandler<Instances>>,
    /// Serves every other request, one at a time in an instance.
    pub(crate) alone: ProxyHandler<Instances>,
    /// A request that has waited for this long is not repeated.
    pub(crate) response_timeout: Duration,
}

/// Why a component gave no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The guest, or another request in the same instance, trapped.
    Trapped,
    /// The guest gave an error in place of an answer, or trapped by itself.
    Failed,
    /// The guest computed for longer than it may.
    OutOfTime,
    /// The guest did not answer in time.
    NoAnswer,
    /// No instance could be made.
    NoInstance,
}

impl Failure {
    /// The status and the title that the caller is told.
    pub(crate) fn told(self) -> (StatusCode, &'static str) {
        match self {
            Self::Trapped | Self::Failed => {
                (StatusCode::INTERNAL_SERVER_ERROR, "the component failed")
            }
            Self::OutOfTime => {
                (StatusCode::INTERNAL_SERVER_ERROR, "the component computed for too long")
            }
            Self::NoAnswer => (StatusCode::GATEWAY_TIMEOUT, "the component did not answer in time"),
            Self::NoInstance => {
                (StatusCode::SERVICE_UNAVAILABLE, "the host has no room for another instance")
            }
        }
    }
}

impl Component {
    /// Answers one request.
    ///
    /// A request that may be repeated shares its instance with others. Should one of them trap, which one it was is not
    /// known: each is repeated once with an instance for itself, where only the one at fault fails again.
    pub(crate) async fn answer(
        &self,
        request: Request<WasiBody>,
    ) -> Result<Response<WasiBody>, Failure> {
        let Some(shared) = self.shared.as_ref().filter(|_| may_repeat(&request)) else {
            return run(&self.alone, request).await;
        };
        let (again, watch) = (copy(&request), Stopwatch::start());
        match run(shared, request).await {
            Err(Failure::Trapped) if watch.elapsed() < self.response_timeout => {
                run(&self.alone, again).await
            }
            answer => answer,
        }
    }
}

/// Judges whether doing the request twice is the same as doing it once (RFC 9110 §9.2.2) and its whole content is at hand.
fn may_repeat(request: &Request<WasiBody>) -> bool {
    let idempotent = matches!(
        *request.method(),
        Method::GET | Method::HEAD | Method::OPTIONS | Method::TRACE | Method::PUT | Method::DELETE
    );
    idempotent && request.body().is_end_stream()
}

fn copy(request: &Request<WasiBody>) -> Request<WasiBody> {
    let mut copy = Request::new(no_body());
    copy.method_mut().clone_from(request.method());
    copy.uri_mut().clone_from(request.uri());
    copy.headers_mut().clone_from(request.headers());
    copy
}

pub(crate) fn no_body() -> WasiBody {
    Empty::<Bytes>::new().map_err(|never| match never {}).boxed_unsync()
}

async fn run(
    instances: &ProxyHandler<Instances>,
    request: Request<WasiBody>,
) -> Result<Response<WasiBody>, Failure> {
    let fate = Arc::<Fate>::default();
    match instances.handle(Arc::clone(&fate), request).await {
        Ok(response) => Ok(match fate.take_open() {
            Some(open) if !response.body().is_end_stream() => {
                response.map(|body| AnswerBody { body, _open: open }.boxed_unsync())
            }
            _ => response,
        }),
        Err(_) if fate.is_out_of_time() => Err(Failure::OutOfTime),
        Err(error) if error.is::<TrapOrPanicError>() => Err(Failure::Trapped),
        Err(error) if error.is::<ExpirationError>() => Err(Failure::NoAnswer),
        Err(error) if error.is::<InstantiationError<Arc<Fate>>>() => Err(Failure::NoInstance),
        Err(_) => Err(Failure::Failed),
    }
}

/// An answer's body that keeps its instance from the next request until it is complete.
struct AnswerBody {
    body: WasiBody,
    _open: OpenAnswer,
}

impl http_body::Body for AnswerBody {
    type Data = Bytes;
    type Error = wasmtime_wasi_http::Error;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<http_body::Frame<Bytes>, Self::Error>>> {
        std::pin::Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> http_body::SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::Full;

    use super::*;

    fn with(method: Method, body: &'static str) -> bool {
        let body = Full::<Bytes>::from(body).map_err(|never| match never {}).boxed_unsync();
        let mut request = Request::new(body);
        *request.method_mut() = method;
        may_repeat(&request)
    }

    #[test]
    fn only_what_may_be_done_twice_shares_an_instance() {
        for method in [Method::GET, Method::HEAD, Method::OPTIONS, Method::PUT, Method::DELETE] {
            assert!(with(method, ""));
        }
        for method in [Method::POST, Method::PATCH, Method::CONNECT] {
            assert!(!with(method, ""));
        }
        assert!(!with(Method::PUT, "content"));
    }
}
