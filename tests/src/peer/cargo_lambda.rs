use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use bytes::Bytes;
use http::{Request, Response};
use serde_json::Value;

use crate::host::{Process, RUNTIME, environment, installed, native_binary};
use crate::wire;

/// `cargo lambda watch` (PyPI), an emulator of Lambda's control plane, with the native binary as its function.
#[derive(Debug)]
pub struct CargoLambda {
    _function: Process,
    watch: Child,
    address: SocketAddr,
}

const FUNCTION: &str = "token-validation";

impl CargoLambda {
    /// Starts the emulator and the binary with these variables.
    ///
    /// # Errors
    ///
    /// What the emulator says instead of becoming ready, or how to install it.
    pub fn start(variables: &BTreeMap<String, String>) -> Result<Self, String> {
        let address = free_address();
        let mut watch = cargo_lambda("watch")?;
        watch.args(["--only-lambda-apis", "--invoke-address", "127.0.0.1", "--invoke-port"]);
        watch.arg(address.port().to_string());
        let watch = watch.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let mut watch = watch.map_err(|error| error.to_string())?;
        wait_for_ready(&mut watch)?;
        let mut function = Command::new(native_binary()?);
        function
            .env_clear()
            .envs(environment(variables))
            .env("AWS_LAMBDA_RUNTIME_API", format!("http://{address}/.rt/{FUNCTION}"))
            .env("AWS_LAMBDA_FUNCTION_NAME", FUNCTION)
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "1");
        let function = Process::start(function.stderr(Stdio::inherit()))?;
        Ok(Self { _function: function, watch, address })
    }

    /// Invokes the function with an event, by `cargo lambda invoke`.
    ///
    /// # Errors
    ///
    /// What the command says when the invocation fails.
    pub fn invoke(&self, event: &Value) -> Result<Value, String> {
        let directory = tempfile::tempdir().map_err(|error| error.to_string())?;
        let file = directory.path().join("event.json");
        fs::write(&file, event.to_string()).map_err(|error| error.to_string())?;
        let mut invoke = cargo_lambda("invoke")?;
        invoke.args(["--invoke-address", "127.0.0.1", "--invoke-port"]);
        invoke.arg(self.address.port().to_string()).arg("--data-file").arg(&file).arg(FUNCTION);
        let output = invoke.output().map_err(|error| error.to_string())?;
        let (said, failure) =
            (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        if !output.status.success() {
            return Err(format!("{said}{failure}"));
        }
        serde_json::from_str(&said).map_err(|error| format!("{error}: {said}{failure}"))
    }
}

impl CargoLambda {
    /// Sends a request to the function's URL.
    ///
    /// # Errors
    ///
    /// Why there was no response.
    pub fn send(&self, mut request: Request<Bytes>) -> Result<Response<Bytes>, String> {
        let path = format!("/lambda-url/{FUNCTION}{}", request.uri());
        *request.uri_mut() = path.parse().map_err(|error| format!("{path}: {error}"))?;
        RUNTIME.block_on(wire::send(self.address, request))
    }
}

impl Drop for CargoLambda {
    fn drop(&mut self) {
        let _ = self.watch.kill();
        let _ = self.watch.wait();
    }
}

/// The command, in the folder of a cargo package, which it insists on.
fn cargo_lambda(subcommand: &str) -> Result<Command, String> {
    let mut command = Command::new(installed("cargo-lambda")?);
    command.args(["lambda", subcommand]).current_dir(Path::new(env!("CARGO_MANIFEST_DIR")));
    Ok(command)
}

/// A port that was free a moment ago: the emulator takes none of its own choice.
fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

fn wait_for_ready(watch: &mut Child) -> Result<(), String> {
    let (stdout, stderr) = (watch.stdout.take().unwrap(), watch.stderr.take().unwrap());
    let (sender, receiver) = std::sync::mpsc::channel();
    let forward = |lines: Box<dyn BufRead + Send>| {
        let sender = sender.clone();
        std::thread::spawn(move || {
            for line in lines.lines().map_while(Result::ok) {
                let _ = sender.send(line);
            }
        })
    };
    forward(Box::new(BufReader::new(stdout)));
    forward(Box::new(BufReader::new(stderr)));
    drop(sender);
    let mut said = String::new();
    for line in receiver {
        if line.contains("starting Runtime server") {
            return Ok(());
        }
        said.push_str(&line);
    }
    Err(format!("cargo lambda watch did not become ready: {said}"))
}
