use std::fmt::Display;
use std::sync::OnceLock;

use headgate_core::{Body, Diagnostics, Handler, Observed, Problem, Severity};
use http::header::CONTENT_LENGTH;
use http::uri::PathAndQuery;
use http::{HeaderValue, Request, Response, StatusCode, Uri};
use http_body::Body as _;

use crate::{Entropy, SpinPorts, StderrLog, WasiClock};

/// A request as spin-sdk hands it to a component.
pub type IncomingRequest = spin_sdk::http::Request;

/// A function as a component: loaded at an instance's first request and kept for the instance's life.
///
/// ```ignore
/// static COMPONENT: Component<MyFunction> = Component::new("my-function");
///
/// #[http_service]
/// async fn handle(request: IncomingRequest) -> Response<Body> {
///     COMPONENT.answer(request, MyFunction::load).await
/// }
/// ```
#[derive(Debug)]
pub struct Component<H> {
    name: &'static str,
    function: OnceLock<Observed<H, WasiClock, Entropy, StderrLog>>,
}

impl<H: Handler> Component<H> {
    /// Names the function, as `token-validation`.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self { name, function: OnceLock::new() }
    }

    /// Answers a request, after loading the function if this is the instance's first.
    ///
    /// A function that does not load is reported and answered with 500, and the next request tries again: the cause may
    /// be a document that could not be fetched.
    pub async fn answer<F, E>(
        &self,
        request: IncomingRequest,
        load: impl FnOnce(SpinPorts) -> F,
    ) -> Response<Body>
    where
        F: Future<Output = Result<H, E>>,
        E: Display,
    {
        self.answer_relative(relative_to_component(request), load).await
    }

    /// Answers a request as [`answer`](Self::answer) does, by its whole path: for a middleware, whose routes are those of
    /// the component behind it.
    pub async fn answer_whole_path<F, E>(
        &self,
        request: IncomingRequest,
        load: impl FnOnce(SpinPorts) -> F,
    ) -> Response<Body>
    where
        F: Future<Output = Result<H, E>>,
        E: Display,
    {
        self.answer_relative(request.map(Body::stream), load).await
    }

    async fn answer_relative<F, E>(
        &self,
        request: Request<Body>,
        load: impl FnOnce(SpinPorts) -> F,
    ) -> Response<Body>
    where
        F: Future<Output = Result<H, E>>,
        E: Display,
    {
        with_length(self.handle(request, load).await)
    }

    async fn handle<F, E>(
        &self,
        request: Request<Body>,
        load: impl FnOnce(SpinPorts) -> F,
    ) -> Response<Body>
    where
        F: Future<Output = Result<H, E>>,
        E: Display,
    {
        if let Some(function) = self.function.get() {
            return function.handle(request).await;
        }
        match load(SpinPorts::default()).await {
            Ok(handler) => {
                let observed = Observed {
                    function: self.name,
                    handler,
                    clock: WasiClock,
                    random: Entropy,
                    log: StderrLog,
                };
                self.function.get_or_init(|| observed).handle(request).await
            }
            Err(error) => {
                StderrLog.report(Severity::Error, &error);
                Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "the function is misconfigured")
                    .detail("its log says why")
                    .into_response()
            }
        }
    }
}

/// Says how long a body is when that is known, or the host would send it in chunks.
fn with_length(mut response: Response<Body>) -> Response<Body> {
    if let Some(length) = response.body().size_hint().exact() {
        response.headers_mut().entry(CONTENT_LENGTH).or_insert_with(|| HeaderValue::from(length));
    }
    response
}

/// Takes the component's route off the path: Spin says what is left of it in `spin-path-info`.
fn relative_to_component(request: IncomingRequest) -> Request<Body> {
    let (mut parts, body) = request.into_parts();
    if let Some(relative) = parts
        .headers
        .get("spin-path-info")
        .and_then(|value| value.to_str().ok())
        // A host that does not set the header passes a caller's: then it is no part of the path.
        .filter(|relative| parts.uri.path().ends_with(relative))
        .and_then(|relative| with_path(&parts.uri, relative))
    {
        parts.uri = relative;
    }
    Request::from_parts(parts, Body::stream(body))
}

fn with_path(uri: &Uri, path: &str) -> Option<Uri> {
    let path = if path.is_empty() { "/" } else { path };
    let path_and_query = match uri.query() {
        Some(query) => PathAndQuery::try_from(format!("{path}?{query}")),
        None => PathAndQuery::try_from(path),
    };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(path_and_query.ok()?);
    Uri::from_parts(parts).ok()
}
