use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use serde_json::Value;

use super::Said;

/// A server process that says on standard error where it listens. It is killed when this is dropped.
#[derive(Debug)]
pub struct Process {
    child: Child,
    said: Said,
}

/// How long a process may take to say that it is ready. The longest start is that of a Node peer on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

impl Process {
    /// Starts `command` and leaves it alone.
    ///
    /// # Errors
    ///
    /// Why it did not start, as text.
    pub fn start(command: &mut Command) -> Result<Self, String> {
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn();
        let child = child.map_err(|error| format!("{command:?} does not start: {error}"))?;
        Ok(Self { child, said: Said::default() })
    }

    /// Starts `command` and waits until a line on its standard error is a JSON object with the member `address`.
    ///
    /// # Errors
    ///
    /// What the process said instead.
    pub fn start_and_wait(command: &mut Command) -> Result<(Self, SocketAddr), String> {
        let mut process = Self::start(command.stderr(Stdio::piped()))?;
        let lines = BufReader::new(process.child.stderr.take().unwrap()).lines();
        let (sender, receiver) = mpsc::channel();
        let said = process.said.clone();
        // It goes on reading, so that the process never blocks on what it has to say.
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let _ = sender.send(address(&line));
                said.add(line);
            }
        });
        while let Ok(address) = receiver.recv_timeout(PATIENCE) {
            if let Some(address) = address {
                return Ok((process, address));
            }
        }
        let said = process.said.once_there_are(0, "").join("\n");
        Err(format!("{command:?} did not become ready: {said}"))
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// What the process has written to standard error.
    #[must_use]
    pub const fn said(&self) -> &Said {
        &self.said
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
