use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use headgate_circuit_breaker as breaker;
use headgate_cloud_flow as cloud_flow;
use headgate_core::{Body, Handler, Observed, PlatformEvent};
use headgate_desktop_flow as desktop_flow;
use headgate_entra::FixedEnvironment;
use headgate_entra_http as entra_http;
use headgate_event_subscription as subscription;
use headgate_events::{NoOutlets, NoTokens};
use headgate_fakes::{
    FixedVariables, ManualClock, MemoryDiagnostics, MemoryFiles, MemoryKeyValue, MemoryLog, Tasks,
};
use headgate_file_relay as file_relay;
use headgate_file_relay::host::HostPlace;
use headgate_gateway_tokens as tokens;
use headgate_native::{OsRandom, ReqwestClient};
use http::{Request, Response};
use serde_json::Value;

use super::function::Function;
use super::host::{Host, NotStarted};
use crate::host::RUNTIME;

/// Ports that are fakes but for HTTP, whose peers are the same servers as on every host.
enum World {}

impl breaker::World for World {
    type Http = ReqwestClient;
    type KeyValue = MemoryKeyValue;
    type Clock = ManualClock;
    type Random = OsRandom;
    type Diagnostics = MemoryDiagnostics;
    type Outlets = NoOutlets;
    type Tokens = NoTokens;
    type Background = Tasks;
}

impl headgate_entra::World for World {
    type Http = ReqwestClient;
    type KeyValue = MemoryKeyValue;
    type Clock = ManualClock;
    type Random = OsRandom;
    type Files = MemoryFiles;
    type Diagnostics = MemoryDiagnostics;
    type Environment = FixedEnvironment;
}

impl desktop_flow::World for World {
    type Http = ReqwestClient;
    type KeyValue = MemoryKeyValue;
    type Clock = ManualClock;
    type Random = OsRandom;
    type Files = MemoryFiles;
    type Variables = FixedVariables;
    type Diagnostics = MemoryDiagnostics;
    type Environment = FixedEnvironment;
    type Outlets = NoOutlets;
    type Background = Tasks;
}

impl entra_http::World for World {
    type Http = ReqwestClient;
    type KeyValue = MemoryKeyValue;
    type Clock = ManualClock;
    type Random = OsRandom;
    type Files = MemoryFiles;
    type Diagnostics = MemoryDiagnostics;
    type Environment = FixedEnvironment;
}

impl file_relay::World for World {
    type Http = ReqwestClient;
    type KeyValue = MemoryKeyValue;
    type Clock = ManualClock;
    type Random = OsRandom;
    type Files = MemoryFiles;
    type Diagnostics = MemoryDiagnostics;
    type Environment = FixedEnvironment;
    type Outlets = NoOutlets;
    type Background = Tasks;
    type HostPlace = HostPlace;
}

/// How long an answer may take. Whoever sleeps by a clock that nobody moves never answers.
const PATIENCE: Duration = Duration::from_secs(20);

type Handle = Box<dyn Fn(Request<Body>) -> BoxFuture<'static, Response<Body>> + Send + Sync>;

/// A function in the test's own process.
pub(super) struct InProcess(Handle);

impl InProcess {
    /// Makes the function.
    ///
    /// # Errors
    ///
    /// What its configuration refuses.
    pub(super) fn start(
        function: Function,
        variables: &BTreeMap<String, String>,
        clock: ManualClock,
    ) -> Result<Self, NotStarted> {
        let variables = FixedVariables::new(variables.clone());
        let (files, http, key_value) =
            (MemoryFiles::none(), ReqwestClient::new(), MemoryKeyValue::new());
        let (diagnostics, random) = (MemoryDiagnostics::new(), OsRandom);
        let (outlets, background) = (NoOutlets, Tasks::before_the_answer());
        let handle = RUNTIME.block_on(async {
            Ok(match function {
                Function::CircuitBreaker => {
                    let loaded =
                        breaker::Configuration::load(&variables, &files, &http, &random).await;
                    let configuration = loaded.map_err(|error| error.to_string())?;
                    let observed = clock.clone();
                    let ports = breaker::Ports::<World> {
                        http,
                        key_value,
                        clock,
                        random,
                        diagnostics,
                        outlets,
                        tokens: NoTokens,
                        background,
                    };
                    handle(function, breaker::CircuitBreaker::new(configuration, ports), observed)
                }
                Function::CloudFlow => {
                    let loaded =
                        cloud_flow::Configuration::load(&variables, &files, &http, &random).await;
                    let configuration = loaded.map_err(|error| error.to_string())?;
                    let observed = clock.clone();
                    let environment = FixedEnvironment::default();
                    let ports = cloud_flow::Ports::<World> {
                        http,
                        key_value,
                        clock,
                        random,
                        files,
                        diagnostics,
                        environment,
                    };
                    handle(function, cloud_flow::CloudFlow::new(configuration, ports), observed)
                }
                Function::DesktopFlow => {
                    let loaded =
                        desktop_flow::Configuration::load(&variables, &files, &http, &random).await;
                    let configuration = loaded.map_err(|error| error.to_string())?;
                    let observed = clock.clone();
                    let ports = desktop_flow::Ports::<World> {
                        http,
                        key_value,
                        clock,
                        random,
                        files,
                        variables,
                        diagnostics,
                        environment: FixedEnvironment::default(),
                        outlets,
                        background,
                    };
                    handle(function, desktop_flow::DesktopFlow::new(configuration, ports), observed)
                }
                Function::EntraHttp => {
                    let loaded =
                        entra_http::Configuration::load(&variables, &files, &http, &random).await;
                    let configuration = loaded.map_err(|error| error.to_string())?;
                    let observed = clock.clone();
                    let ports = entra_http::Ports::<World> {
                        http,
                        public_http: ReqwestClient::for_public_addresses(),
                        key_value,
                        clock,
                        random,
                        files,
                        diagnostics,
                        environment: FixedEnvironment::default(),
                    };
                    handle(function, entra_http::EntraHttp::new(configuration, ports), observed)
                }
                Function::EventSubscription => {
                    let loaded =
                        subscription::Configuration::load(&variables, &files, &http, &random).await;
                    let configuration = loaded.map_err(|error| error.to_string())?;
                    let observed = clock.clone();
                    let ports = subscription::Ports::<World> {
                        http,
                        key_value,
                        clock,
                        random,
                        diagnostics,
                        outlets,
                        tokens: NoTokens,
                        background,
                    };
                    let made = subscription::EventSubscription::new(configuration, ports);
                    handle(function, made, observed)
                }
                Function::FileRelay => {
                    let open = HostPlace::open;
                    let loaded =
                        file_relay::Configuration::load(&variables, &files, &http, &random, open)
                            .await;
                    let configuration = loaded.map_err(|error| error.to_string())?;
                    let observed = clock.clone();
                    let ports = file_relay::Ports::<World> {
                        http,
                        public_http: ReqwestClient::for_public_addresses(),
                        key_value,
                        clock,
                        random,
                        files,
                        diagnostics,
                        environment: FixedEnvironment::default(),
                        outlets,
                        background,
                    };
                    handle(function, file_relay::FileRelay::new(configuration, ports), observed)
                }
                Function::GatewayTokens => {
                    let loaded =
                        tokens::Configuration::load(&variables, &files, &http, &random).await;
                    let configuration = loaded.map_err(|error| error.to_string())?;
                    let observed = clock.clone();
                    let ports = tokens::Ports::<World> {
                        http,
                        key_value,
                        clock,
                        random,
                        diagnostics,
                        outlets,
                        tokens: NoTokens,
                        background,
                    };
                    handle(function, tokens::GatewayTokens::new(configuration, ports), observed)
                }
            })
        });
        handle.map(Self).map_err(NotStarted::Misconfigured)
    }

    fn answer(&self, request: Request<Body>) -> Result<Response<Bytes>, String> {
        let answered = async {
            let patience = tokio::time::timeout(PATIENCE, (self.0)(request)).await;
            let answer = patience.map_err(|_| "it does not answer: perhaps it waits for the clock");
            let (head, body) = answer?.into_parts();
            let body = body.read(8 * 1024 * 1024).await.map_err(|error| error.to_string())?;
            Ok(Response::from_parts(head, body))
        };
        // What is not optimised goes deep: here as deep as in a process's first thread.
        std::thread::scope(|scope| {
            let thread = std::thread::Builder::new().stack_size(8 * 1024 * 1024);
            let thread = thread.spawn_scoped(scope, || RUNTIME.block_on(answered));
            let thread = thread.map_err(|error| error.to_string())?;
            thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    }
}

/// Puts the function into its trace, as every host does.
fn handle<H: Handler + 'static>(function: Function, handler: H, clock: ManualClock) -> Handle {
    let (random, log) = (OsRandom, MemoryLog::new());
    let observed = Arc::new(Observed { function: function.name(), handler, clock, random, log });
    Box::new(move |request| {
        let observed = Arc::clone(&observed);
        Box::pin(async move { observed.handle(request).await })
    })
}

impl Host for InProcess {
    fn ask(&self, request: Request<Bytes>) -> Result<Response<Bytes>, String> {
        self.answer(request.map(Body::from))
    }

    fn hand_over(&self, event: &Value) -> Result<Result<Value, u16>, String> {
        let kind = match event["headgate"].as_str() {
            Some("tick") => PlatformEvent::Tick,
            _ => PlatformEvent::Other,
        };
        let request = Request::post(kind.path())
            .header("content-type", "application/json")
            .extension(kind)
            .body(Body::from(event.to_string()));
        let answer = self.answer(request.map_err(|error| error.to_string())?)?;
        if answer.status().as_u16() >= 400 {
            return Ok(Err(answer.status().as_u16()));
        }
        serde_json::from_slice(answer.body()).map(Ok).map_err(|error| error.to_string())
    }
}
