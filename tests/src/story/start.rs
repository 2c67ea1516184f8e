use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::{Arc, mpsc};
use std::time::Duration;

use bytes::Bytes;
use headgate_fakes::{InvocationError, LambdaRuntimeApi, ManualClock};
use headgate_local::{LocalHost, Running, Stream};
use http::{Request, Response, StatusCode};
use serde_json::Value;
use tempfile::TempDir;

use super::function::Function;
use super::host::{Host, NotStarted};
use super::lambda_event::{rest_event, rest_response};
use super::place::Place;
use super::process::Process;
use super::worlds::InProcess;
use crate::host::RUNTIME;
use crate::wire;

/// How long a component's log may take to arrive: it is there when the answer is, or a moment later.
const PATIENCE: Duration = Duration::from_secs(20);

/// Starts `function` with these variables, so that it may call these peers.
///
/// # Errors
///
/// [`NotStarted`]. A Lambda says so at its first event alone, unless it `is_to_fail`.
pub(super) fn start(
    place: Place,
    function: Function,
    variables: &BTreeMap<String, String>,
    peers: &[SocketAddr],
    clock: Option<ManualClock>,
    is_to_fail: bool,
) -> Result<Box<dyn Host>, NotStarted> {
    Ok(match (place, clock) {
        (Place::InProcess, Some(clock)) => Box::new(InProcess::start(function, variables, clock)?),
        (Place::Component, Some(clock)) => {
            Box::new(Component::start(function, variables, peers, clock)?)
        }
        (Place::Native, None) => Box::new(Native::start(function, variables)?),
        (Place::Lambda, None) => Box::new(Lambda::start(function, variables, is_to_fail)?),
        (place, _) => return Err(NotStarted::Broken(format!("{place:?} with another clock"))),
    })
}

/// The component under the local host, with a store of its own.
struct Component {
    running: Option<Running>,
    address: SocketAddr,
    _state: TempDir,
}

impl Component {
    fn start(
        function: Function,
        variables: &BTreeMap<String, String>,
        peers: &[SocketAddr],
        clock: ManualClock,
    ) -> Result<Self, NotStarted> {
        let state = tempfile::tempdir()?;
        let source = function.component().map_err(NotStarted::Broken)?;
        let cache = source.with_file_name("compiled");
        let (sender, lines) = mpsc::channel();
        let hosts: Vec<String> = peers.iter().map(|peer| format!("http://{peer}")).collect();
        let mut manifest = format!(
            "spin_manifest_version = 2\n[application]\nname = \"case\"\n[[trigger.http]]\nroute = \"/...\"\n\
             component = \"function\"\n[component.function]\nsource = \"replaced\"\nkey_value_stores = [\"default\"]\n\
             allowed_outbound_hosts = {hosts:?}\n"
        );
        // By way of the application's variables: in a component's own, braces mean something.
        let (mut given, mut taken) = (String::new(), String::new());
        for name in variables.keys() {
            let _ = writeln!(given, "{name} = {{ required = true }}");
            let _ = writeln!(taken, "{name} = \"{{{{ {name} }}}}\"");
        }
        let _ = write!(manifest, "[component.function.variables]\n{taken}[variables]\n{given}");
        let mut host = LocalHost::from_text(manifest, state.path())
            .state_folder(state.path())
            .cache_folder(cache)
            .component_source("function", source)
            .clock(Arc::new(clock))
            .guest_output(Arc::new(move |_, stream, line| {
                if stream == Stream::Stderr {
                    // Nobody listens once the component runs.
                    let _ = sender.send(line.to_vec());
                }
            }));
        for (name, value) in variables {
            host = host.variable(name, value);
        }
        let running = RUNTIME.block_on(host.start())?;
        let address = running.address();
        let component = Self { running: Some(running), address, _state: state };
        // It loads its configuration with its first request.
        let answer = component.ask(Request::get("/healthz").body(Bytes::new())?)?;
        if answer.status() == StatusCode::INTERNAL_SERVER_ERROR {
            let line: Value = serde_json::from_slice(&lines.recv_timeout(PATIENCE)?)?;
            let message = line["message"].as_str().unwrap_or_default();
            return Err(NotStarted::Misconfigured(message.to_owned()));
        }
        Ok(component)
    }
}

impl Host for Component {
    fn ask(&self, request: Request<Bytes>) -> Result<Response<Bytes>, String> {
        RUNTIME.block_on(wire::send(self.address, request))
    }

    fn hand_over(&self, _event: &Value) -> Result<Result<Value, u16>, String> {
        Err("a component gets no events of a platform".to_owned())
    }
}

impl Drop for Component {
    fn drop(&mut self) {
        if let Some(running) = self.running.take() {
            RUNTIME.block_on(running.shut_down());
        }
    }
}

/// The native binary as an HTTP server.
struct Native {
    address: SocketAddr,
    _process: Process,
}

impl Native {
    fn start(function: Function, variables: &BTreeMap<String, String>) -> Result<Self, NotStarted> {
        let mut process = Process::start(function, variables, &[("PORT", "0".to_owned())])?;
        let address = process.ready(function)?;
        Ok(Self { address, _process: process })
    }
}

impl Host for Native {
    fn ask(&self, request: Request<Bytes>) -> Result<Response<Bytes>, String> {
        RUNTIME.block_on(wire::send(self.address, request))
    }

    fn hand_over(&self, _event: &Value) -> Result<Result<Value, u16>, String> {
        Err("an HTTP server gets no events of a platform".to_owned())
    }
}

/// The native binary as a Lambda function behind a REST API, in front of a strict runtime API.
struct Lambda {
    // The process goes before the API that it polls.
    _process: Process,
    api: LambdaRuntimeApi,
}

impl Lambda {
    fn start(
        function: Function,
        variables: &BTreeMap<String, String>,
        is_to_fail: bool,
    ) -> Result<Self, NotStarted> {
        let api = LambdaRuntimeApi::start()?;
        let mut process = Process::start(function, variables, &api.environment())?;
        if is_to_fail {
            // It says nothing when it starts.
            process.ready(function)?;
        }
        Ok(Self { _process: process, api })
    }

    fn invoke(&self, event: &Value) -> Result<Result<Value, String>, String> {
        let answer = self.api.invoke(event.to_string());
        let refusals = self.api.refusals();
        if !refusals.is_empty() {
            return Err(format!("the runtime API refused {refusals:?}"));
        }
        match answer {
            Ok(answer) => {
                serde_json::from_slice(&answer).map(Ok).map_err(|error| error.to_string())
            }
            Err(InvocationError::Failed { message, .. }) => Ok(Err(message)),
            Err(other) => Err(format!("{other:?}")),
        }
    }
}

impl Host for Lambda {
    fn ask(&self, request: Request<Bytes>) -> Result<Response<Bytes>, String> {
        match self.invoke(&rest_event(&request))? {
            Ok(answer) => rest_response(&answer),
            Err(message) => Err(format!("the invocation failed: {message}")),
        }
    }

    fn hand_over(&self, event: &Value) -> Result<Result<Value, u16>, String> {
        self.invoke(event)?.map_or_else(
            |message| {
                let status =
                    message.strip_prefix("the function answered ").and_then(|rest| rest.get(..3));
                let status = status.and_then(|status| status.parse().ok());
                status.map(Err).ok_or(message)
            },
            |result| Ok(Ok(result)),
        )
    }
}
