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
use super::setting::Setting;
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
    type Variables = FixedVariables;
    type Outlets = NoOutlets;
    type Background = Tasks;
}

impl file_relay::World for World {
    type Outlets = NoOutlets;
    type Background = Tasks;
    type HostPlace = HostPlace;
}

/// How long an answer may take. Whoever sleeps by a clock that nobody moves never answers.
const PATIENCE: Duration = Duration::from_secs(20);

type Handle = Box<dyn Fn(Request<Body>) -> BoxFuture<'static, Response<Body>> + Send + Sync>;

/// A function in the test's own process.
pub(super) struct InProcess {
    handle: Handle,
    log: MemoryLog,
}

impl InProcess {
    /// Makes the function.
    ///
    /// # Errors
    ///
    /// What its configuration refuses.
    pub(super) fn start(
        function: Function,
        setting: &Setting,
        clock: ManualClock,
    ) -> Result<Self, NotStarted> {
        let variables = FixedVariables::new(setting.variables.clone());
        let acting = headgate_entra::Ports::<World> {
            http: ReqwestClient::new(),
            key_value: MemoryKeyValue::new(),
            clock: clock.clone(),
            random: OsRandom,
            files: MemoryFiles::new(setting.files.clone()),
            diagnostics: MemoryDiagnostics::new(),
            environment: FixedEnvironment::new(setting.environment.clone()),
        };
        let public_http = ReqwestClient::for_public_addresses();
        let (outlets, background) = (NoOutlets, Tasks::before_the_answer());
        let made = RUNTIME.block_on(async {
            let headgate_entra::Ports { http, random, files, .. } = &acting;
            Ok(match function {
                Function::CircuitBreaker => {
                    let loaded =
                        breaker::Configuration::load(&variables, files, http, random).await;
                    let configuration = loaded.map_err(|error| error.to_string())?;
                    let ports = telling(acting);
                    observed(function, breaker::CircuitBreaker::new(configuration, ports), clock)
                }
                Function::CloudFlow => {
                    let loaded =
                        cloud_flow::Configuration::load(&variables, files, http, random).await;
                    let configuration = loaded.map_err(|error| error.to_string())?;
                    observed(function, cloud_flow::CloudFlow::new(configuration, acting), clock)
                }
                Function::DesktopFlow => {
                    let loaded =
                        desktop_flow::Configuration::load(&variables, files, http, random).await;
                    let configuration = loaded.map_err(|error| error.to_string())?;
                    let ports = desktop_flow::Ports { acting, variables, outlets, background };
                    observed(function, desktop_flow::DesktopFlow::new(configuration, ports), clock)
                }
                Function::EntraHttp => {
                    let loaded =
                        entra_http::Configuration::load(&variables, files, http, random).await;
                    let configuration = loaded.map_err(|error| error.to_string())?;
                    let ports = entra_http::Ports { acting, public_http };
                    observed(function, entra_http::EntraHttp::new(configuration, ports), clock)
                }
                Function::EventSubscription => {
                    let loaded =
                        subscription::Configuration::load(&variables, files, http, random).await;
                    let configuration = loaded.map_err(|error| error.to_string())?;
                    let ports = telling(acting);
                    observed(
                        function,
                        subscription::EventSubscription::new(configuration, ports),
                        clock,
                    )
                }
                Function::FileRelay => {
                    let open = HostPlace::open;
                    let loaded =
                        file_relay::Configuration::load(&variables, files, http, random, open)
                            .await;
                    let configuration = loaded.map_err(|error| error.to_string())?;
                    let ports = file_relay::Ports { acting, public_http, outlets, background };
                    observed(function, file_relay::FileRelay::new(configuration, ports), clock)
                }
                Function::GatewayTokens => {
                    let loaded = tokens::Configuration::load(&variables, files, http, random).await;
                    let configuration = loaded.map_err(|error| error.to_string())?;
                    let ports = telling(acting);
                    observed(function, tokens::GatewayTokens::new(configuration, ports), clock)
                }
            })
        });
        made.map_err(NotStarted::Misconfigured)
    }

    fn answer(&self, request: Request<Body>) -> Result<Response<Bytes>, String> {
        let answered = async {
            let patience = tokio::time::timeout(PATIENCE, (self.handle)(request)).await;
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

/// The same ports, for a function that tells of events and acts as nobody.
fn telling(ports: headgate_entra::Ports<World>) -> breaker::Ports<World> {
    let headgate_entra::Ports { http, key_value, clock, random, diagnostics, .. } = ports;
    let (outlets, tokens, background) = (NoOutlets, NoTokens, Tasks::before_the_answer());
    breaker::Ports { http, key_value, clock, random, diagnostics, outlets, tokens, background }
}

/// Puts the function into its trace, as every host does.
fn observed<H: Handler + 'static>(function: Function, handler: H, clock: ManualClock) -> InProcess {
    let (random, log) = (OsRandom, MemoryLog::new());
    let served = Observed { function: function.name(), handler, clock, random, log: log.clone() };
    let served = Arc::new(served);
    let handle: Handle = Box::new(move |request| {
        let served = Arc::clone(&served);
        Box::pin(async move { served.handle(request).await })
    });
    InProcess { handle, log }
}

impl Host for InProcess {
    fn ask(&self, request: Request<Bytes>) -> Result<Response<Bytes>, String> {
        self.answer(request.map(Body::from))
    }

    fn logged(&self, trace_id: &str) -> Result<String, String> {
        let mut served = self.log.take().into_iter();
        let served = served.find(|served| served.trace.trace_id().to_string() == trace_id);
        Ok(served.ok_or("its log does not have the request")?.result.to_owned())
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
