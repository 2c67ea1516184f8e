use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};

use bytes::Bytes;
use headgate_fakes::{InvocationError, LambdaRuntimeApi, ManualClock};
use headgate_local::{LocalHost, Running, Stream};
use http::{Request, Response, StatusCode};
use serde_json::Value;
use tempfile::TempDir;

use super::function::Function;
use super::host::{Host, NotStarted};
use super::lambda_event::{rest_event, rest_response};
use super::log::Log;
use super::place::Place;
use super::process::Process;
use super::setting::Setting;
use super::worlds::InProcess;
use crate::host::RUNTIME;
use crate::wire;

/// Starts `function` in this setting.
///
/// # Errors
///
/// [`NotStarted`]. A Lambda says so at its first event alone, unless it `is_to_fail`.
pub(super) fn start(
    place: Place,
    function: Function,
    setting: &Setting,
    clock: Option<ManualClock>,
    is_to_fail: bool,
) -> Result<Box<dyn Host>, NotStarted> {
    Ok(match (place, clock) {
        (Place::InProcess, Some(clock)) => Box::new(InProcess::start(function, setting, clock)?),
        (Place::Component, Some(clock)) => Box::new(Component::start(function, setting, clock)?),
        (Place::Native, None) => Box::new(Native::start(function, setting)?),
        (Place::Lambda, None) => Box::new(Lambda::start(function, setting, is_to_fail)?),
        (place, _) => return Err(NotStarted::Broken(format!("{place:?} with another clock"))),
    })
}

/// The component under the local host, with a store of its own.
struct Component {
    running: Option<Running>,
    address: SocketAddr,
    log: Log,
    _state: TempDir,
}

impl Component {
    fn start(
        function: Function,
        setting: &Setting,
        clock: ManualClock,
    ) -> Result<Self, NotStarted> {
        let state = tempfile::tempdir()?;
        let source = function.component().map_err(NotStarted::Broken)?;
        let cache = source.with_file_name("compiled");
        let (sender, lines) = mpsc::channel();
        let mut host = LocalHost::from_text(manifest(setting), state.path())
            .state_folder(state.path())
            .cache_folder(cache)
            .component_source("function", source)
            .clock(Arc::new(clock))
            .guest_output(Arc::new(move |_, stream, line| {
                if stream == Stream::Stderr {
                    // Nobody listens once the component has ended.
                    let _ = sender.send(String::from_utf8_lossy(line).into_owned());
                }
            }));
        for (name, value) in &setting.variables {
            host = host.variable(name, value);
        }
        let running = RUNTIME.block_on(host.start())?;
        let address = running.address();
        let log = Log(lines);
        let component = Self { running: Some(running), address, log, _state: state };
        // It loads its configuration with its first request.
        let answer = component.ask(Request::get("/healthz").body(Bytes::new())?)?;
        if answer.status() == StatusCode::INTERNAL_SERVER_ERROR {
            return Err(NotStarted::Misconfigured(component.log.message()?));
        }
        Ok(component)
    }
}

/// The application of a component in this setting; its paths are this machine's.
fn manifest(setting: &Setting) -> String {
    // What JSON writes of a text is a string of TOML.
    let quoted = |text: &str| Value::from(text).to_string();
    let path = |path: &Path| quoted(path.to_str().expect("a path in UTF-8"));
    let mount = |(real, seen): &(PathBuf, PathBuf)| {
        format!("{{ source = {}, destination = {} }}", path(real), path(seen))
    };
    let mounts: Vec<String> = setting.mounts.iter().map(mount).collect();
    let mut manifest = format!(
        "spin_manifest_version = 2\n[application]\nname = \"case\"\n[[trigger.http]]\nroute = \"/...\"\n\
         component = \"function\"\n[component.function]\nsource = \"replaced\"\nkey_value_stores = [\"default\"]\n\
         allowed_outbound_hosts = {:?}\nfiles = [{}]\n[component.function.environment]\n",
        setting.hosts,
        mounts.join(", "),
    );
    for (name, value) in &setting.environment {
        let _ = writeln!(manifest, "{name} = {}", quoted(value));
    }
    // By way of the application's variables: in a component's own, braces mean something.
    let (mut given, mut taken) = (String::new(), String::new());
    for name in setting.variables.keys() {
        let _ = writeln!(given, "{name} = {{ required = true }}");
        let _ = writeln!(taken, "{name} = \"{{{{ {name} }}}}\"");
    }
    let _ = write!(manifest, "[component.function.variables]\n{taken}[variables]\n{given}");
    manifest
}

impl Host for Component {
    fn ask(&self, request: Request<Bytes>) -> Result<Response<Bytes>, String> {
        RUNTIME.block_on(wire::send(self.address, request))
    }

    fn logged(&self, trace_id: &str) -> Result<String, String> {
        self.log.result(trace_id)
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
    process: Process,
}

impl Native {
    fn start(function: Function, setting: &Setting) -> Result<Self, NotStarted> {
        let mut process = Process::start(function, setting, &[("PORT", "0".to_owned())])?;
        let address = process.ready(function)?;
        Ok(Self { address, process })
    }
}

impl Host for Native {
    fn ask(&self, request: Request<Bytes>) -> Result<Response<Bytes>, String> {
        RUNTIME.block_on(wire::send(self.address, request))
    }

    fn logged(&self, trace_id: &str) -> Result<String, String> {
        self.process.log().result(trace_id)
    }

    fn hand_over(&self, _event: &Value) -> Result<Result<Value, u16>, String> {
        Err("an HTTP server gets no events of a platform".to_owned())
    }
}

/// The native binary as a Lambda function behind a REST API, in front of a strict runtime API.
struct Lambda {
    // The process goes before the API that it polls.
    process: Process,
    api: LambdaRuntimeApi,
}

impl Lambda {
    fn start(function: Function, setting: &Setting, is_to_fail: bool) -> Result<Self, NotStarted> {
        let api = LambdaRuntimeApi::start()?;
        let mut process = Process::start(function, setting, &api.environment())?;
        if is_to_fail {
            // It says nothing when it starts.
            process.ready(function)?;
        }
        Ok(Self { process, api })
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

    fn logged(&self, trace_id: &str) -> Result<String, String> {
        self.process.log().result(trace_id)
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
