use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use super::program;

/// A component in a local host of its own, which is a process. It is killed when this is dropped.
#[derive(Debug)]
pub struct Served {
    child: Child,
    address: SocketAddr,
    _folder: TempDir,
}

impl Served {
    /// Starts the component in this file with these variables, the arguments `own` for its host and `environment` in its
    /// environment, on a free port, at the root. It reaches any server on loopback.
    ///
    /// # Errors
    ///
    /// What the host says instead of becoming ready, or how to make what is missing.
    pub fn start(
        component: &Path,
        variables: &BTreeMap<String, String>,
        own: &[String],
        environment: &BTreeMap<String, String>,
    ) -> Result<Self, String> {
        let host = program("headgate-local", "headgate-local")?;
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let manifest = folder.path().join("spin.toml");
        let state = folder.path().join("state");
        let prepared = fs::write(&manifest, manifest_text(component, variables))
            .and_then(|()| fs::create_dir(&state))
            // What one host has compiled, all have.
            .and_then(|()| fs::create_dir_all(compiled(component)))
            .and_then(|()| symlink(compiled(component), state.join("cache")));
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
        let child = command.spawn();
        let mut child = child.map_err(|error| format!("{command:?} does not start: {error}"))?;
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        match lines.map_while(Result::ok).find_map(|line| listening(&line)) {
            Some(address) => Ok(Self { child, address, _folder: folder }),
            None => {
                let _ = child.kill();
                let _ = child.wait();
                Err(format!("{command:?} did not become ready"))
            }
        }
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The id of the host's process.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }
}

fn listening(line: &str) -> Option<SocketAddr> {
    line.strip_prefix("listening on http://")?.parse().ok()
}

fn compiled(component: &Path) -> PathBuf {
    component.parent().unwrap().join("compiled")
}

/// A JSON string is a TOML string.
fn manifest_text(component: &Path, variables: &BTreeMap<String, String>) -> String {
    let text = |text: &str| serde_json::Value::from(text).to_string();
    let mut manifest = format!(
        "spin_manifest_version = 2\n[application]\nname = \"served\"\n\
         [[trigger.http]]\nroute = \"/...\"\ncomponent = \"served\"\n\
         [component.served]\nsource = {}\nkey_value_stores = [\"default\"]\n\
         allowed_outbound_hosts = [\"http://127.0.0.1:*\", \"redis://127.0.0.1:*\"]\n\
         [component.served.variables]\n",
        text(component.to_str().unwrap()),
    );
    for (name, value) in variables {
        writeln!(manifest, "{name} = {}", text(value)).unwrap();
    }
    manifest
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
