use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use super::instance::Instance;
use crate::host::{component_file, native_binary};

/// The component in a local host of its own, which is a process. It is killed when this is dropped.
#[derive(Debug)]
pub struct Component {
    child: Child,
    _folder: TempDir,
}

/// Starts the component with these variables, the arguments `own` for its host and `environment` in its environment, on
/// a free port. It reaches any server on loopback.
///
/// # Errors
///
/// What the host says instead of becoming ready, or how to make what is missing.
pub fn start_component(
    variables: &BTreeMap<String, String>,
    own: &[String],
    environment: &BTreeMap<String, String>,
) -> Result<(Component, Instance), String> {
    let host = native_binary()?.with_file_name("headgate-local");
    if !host.exists() {
        return Err(format!("{} is missing: run `cargo build -p headgate-local`", host.display()));
    }
    let component = component_file(false, "headgate_circuit_breaker_component.wasm")?;
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let manifest = folder.path().join("spin.toml");
    let state = folder.path().join("state");
    let prepared = fs::write(&manifest, manifest_text(&component, variables))
        .and_then(|()| fs::create_dir(&state))
        // What one host has compiled, all have.
        .and_then(|()| fs::create_dir_all(compiled(&component)))
        .and_then(|()| symlink(compiled(&component), state.join("cache")));
    prepared.map_err(|error| error.to_string())?;
    let mut command = Command::new(host);
    command
        .env_clear()
        .envs(environment)
        .arg(&manifest)
        .args(["--listen", "127.0.0.1:0", "--log", "off", "--state-dir"])
        .arg(&state)
        .args(own)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let child = command.spawn().map_err(|error| format!("{command:?} does not start: {error}"))?;
    let mut component = Component { child, _folder: folder };
    let lines = BufReader::new(component.child.stdout.take().unwrap()).lines();
    let address = lines.map_while(Result::ok).find_map(|line| address(&line));
    match address {
        Some(address) => Ok((component, Instance::at(address, ""))),
        None => Err(format!("{command:?} did not become ready")),
    }
}

fn address(line: &str) -> Option<SocketAddr> {
    line.strip_prefix("listening on http://")?.parse().ok()
}

fn compiled(component: &Path) -> std::path::PathBuf {
    component.parent().unwrap().join("compiled")
}

/// A JSON string is a TOML string.
fn manifest_text(component: &Path, variables: &BTreeMap<String, String>) -> String {
    let text = |text: &str| serde_json::Value::from(text).to_string();
    let mut manifest = format!(
        "spin_manifest_version = 2\n[application]\nname = \"breaker\"\n\
         [[trigger.http]]\nroute = \"/...\"\ncomponent = \"breaker\"\n\
         [component.breaker]\nsource = {}\nkey_value_stores = [\"default\"]\n\
         allowed_outbound_hosts = [\"http://127.0.0.1:*\", \"redis://127.0.0.1:*\"]\n\
         [component.breaker.variables]\n",
        text(component.to_str().unwrap()),
    );
    for (name, value) in variables {
        writeln!(manifest, "{name} = {}", text(value)).unwrap();
    }
    manifest
}

impl Drop for Component {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
