use std::fmt::Display;
use std::sync::OnceLock;

use headgate_core::{
    Body, Diagnostics, Handler, Logged, Observed, Problem, Severity, Variables as _,
};
use http::{Request, Response, StatusCode};
use spin_sdk::wasip3::http::types;

use crate::incoming_request::{self, Paths};
use crate::{
    ComponentStore, Entropy, SpinPorts, SpinVariables, StderrLog, WasiClock, outgoing_response,
};

/// A function as a component: loaded at an instance's first request and kept for the instance's life.
///
/// ```ignore
/// static COMPONENT: Component<MyFunction> = Component::new("my-function");
///
/// headgate_spin::serve!(COMPONENT, MyFunction::load);
/// ```
#[derive(Debug)]
pub struct Component<H> {
    name: &'static str,
    paths: Paths,
    function: OnceLock<Loaded<H>>,
}

type Loaded<H> = Observed<H, WasiClock, Entropy, StderrLog>;

/// The variable that says which requests are logged: `requests` (the default), `failures` or `off`.
const LOG: &str = "log";

/// Exports a [`Component`] and what loads its function as the `wasi:http/handler` that a host calls.
#[macro_export]
macro_rules! serve {
    ($component:expr, $load:expr) => {
        struct Entry;

        $crate::spin_sdk::wasip3::http::service::export!(Entry);

        impl $crate::spin_sdk::wasip3::exports::http::handler::Guest for Entry {
            async fn handle(
                request: $crate::spin_sdk::wasip3::http::types::Request,
            ) -> Result<
                $crate::spin_sdk::wasip3::http::types::Response,
                $crate::spin_sdk::wasip3::http::types::ErrorCode,
            > {
                $component.answer(request, $load).await
            }
        }
    };
}

impl<H: Handler> Component<H> {
    /// Names the function, as `token-validation`.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self { name, paths: Paths::Relative, function: OnceLock::new() }
    }

    /// Names the function as a middleware, whose routes are those of the component behind it.
    #[must_use]
    pub const fn middleware(name: &'static str) -> Self {
        Self { name, paths: Paths::Whole, function: OnceLock::new() }
    }

    /// Answers a request, after loading the function if this is the instance's first.
    ///
    /// A function that does not load is reported and answered with 500, and the next request tries again: the cause may
    /// be a document that could not be fetched.
    ///
    /// # Errors
    ///
    /// The host's error code when the host's request or the function's response cannot be converted.
    pub async fn answer<S, F, E>(
        &self,
        request: types::Request,
        load: impl FnOnce(SpinPorts<S>) -> F,
    ) -> Result<types::Response, types::ErrorCode>
    where
        S: ComponentStore,
        F: Future<Output = Result<H, E>>,
        E: Display,
    {
        let request = incoming_request::read(request, self.paths)?;
        outgoing_response::hand_over(self.handle(request, load).await)
    }

    async fn handle<S, F, E>(
        &self,
        request: Request<Body>,
        load: impl FnOnce(SpinPorts<S>) -> F,
    ) -> Response<Body>
    where
        S: ComponentStore,
        F: Future<Output = Result<H, E>>,
        E: Display,
    {
        if let Some(function) = self.function.get() {
            return function.handle(request).await;
        }
        match self.load(load).await {
            Ok(function) => self.function.get_or_init(|| function).handle(request).await,
            Err(error) => {
                StderrLog::default().report(Severity::Error, &error);
                Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "the function is misconfigured")
                    .detail("its log says why")
                    .into_response()
            }
        }
    }

    async fn load<S, F, E>(&self, load: impl FnOnce(SpinPorts<S>) -> F) -> Result<Loaded<H>, String>
    where
        S: ComponentStore,
        F: Future<Output = Result<H, E>>,
        E: Display,
    {
        let value = SpinVariables.text(LOG).await.map_err(|error| error.to_string())?;
        let logged = match value {
            None => Logged::default(),
            Some(value) => value.parse().map_err(|error| format!("variable {LOG}: {error}"))?,
        };
        let store = S::open(self.name).await.map_err(|error| error.to_string())?;
        Ok(Observed {
            function: self.name,
            handler: load(SpinPorts::with(store)).await.map_err(|error| error.to_string())?,
            clock: WasiClock,
            random: Entropy,
            log: StderrLog { logged },
        })
    }
}
