use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use serde_json::Value;

use super::function::Function;
use super::host::NotStarted;
use super::log::Log;
use super::setting::Setting;
use crate::host::environment;

/// A function's native binary, running. It is killed when this is dropped.
pub(super) struct Process {
    child: Child,
    log: Log,
}

/// How long a process may take to say that it is ready, or why it is not.
const PATIENCE: Duration = Duration::from_secs(60);

/// `EX_CONFIG` of sysexits.h: the configuration cannot be used.
const MISCONFIGURED: i32 = 78;

impl Process {
    /// Starts the binary with the case's variables and what its host gives it besides.
    pub(super) fn start(
        function: Function,
        setting: &Setting,
        host: &[(&str, String)],
    ) -> Result<Self, NotStarted> {
        let mut command = Command::new(function.binary()?);
        command.env_clear().envs(environment(&setting.variables)).env("HEADGATE_LOG", "requests");
        command.envs(&setting.environment).envs(host.iter().cloned());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn()?;
        let (sender, lines) = mpsc::channel();
        let said = child.stderr.take().ok_or("there is no standard error")?;
        // It goes on reading, so that the process never blocks on what it has to say.
        std::thread::spawn(move || {
            for line in BufReader::new(said).lines().map_while(Result::ok) {
                let _ = sender.send(line);
            }
        });
        Ok(Self { child, log: Log(lines) })
    }

    pub(super) const fn log(&self) -> &Log {
        &self.log
    }

    /// Waits until the process says where it listens, or ends.
    pub(super) fn ready(&mut self, function: Function) -> Result<SocketAddr, NotStarted> {
        let mut said = Vec::new();
        loop {
            match self.log.0.recv_timeout(PATIENCE) {
                Ok(line) => match address(&line) {
                    Some(address) => return Ok(address),
                    None => said.push(line),
                },
                Err(RecvTimeoutError::Timeout) => {
                    return Err(NotStarted::Broken(format!("it only said {said:?}")));
                }
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        let code = self.child.wait()?.code();
        let prefix = format!("{}: ", function.name());
        match said.iter().find_map(|line| line.strip_prefix(&prefix)) {
            Some(message) if code == Some(MISCONFIGURED) => {
                Err(NotStarted::Misconfigured(message.to_owned()))
            }
            _ => Err(NotStarted::Broken(format!("it ended with {code:?} and said {said:?}"))),
        }
    }
}

fn address(line: &str) -> Option<SocketAddr> {
    let line: Value = serde_json::from_str(line).ok()?;
    line.get("address")?.as_str()?.strip_prefix("http://")?.parse().ok()
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
