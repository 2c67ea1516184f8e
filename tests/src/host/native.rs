use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::process::Command;

use bytes::Bytes;
use headgate_core::Clock;
use headgate_native::SystemClock;
use http::{Request, Response};

use super::{AUTHORITY, Host, Process, RUNTIME, Said, native_binary};
use crate::face::Face;
use crate::wire;

/// The native binary as an HTTP server.
#[derive(Debug)]
pub struct Native {
    process: Process,
    address: SocketAddr,
}

impl Native {
    /// Starts the binary with these variables, on a free port.
    ///
    /// # Errors
    ///
    /// What it says instead of becoming ready.
    pub fn start(variables: &BTreeMap<String, String>) -> Result<Self, String> {
        Self::start_with_log(variables, "off")
    }

    /// Starts the binary with these variables, so that it logs `requests`, `failures` or nothing (`off`).
    ///
    /// # Errors
    ///
    /// What it says instead of becoming ready.
    pub fn start_with_log(variables: &BTreeMap<String, String>, log: &str) -> Result<Self, String> {
        let mut command = Command::new(native_binary()?);
        command.env_clear().envs(environment(variables)).env("PORT", "0").env("HEADGATE_LOG", log);
        let (process, address) = Process::start_and_wait(&mut command)?;
        Ok(Self { process, address })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it has written to standard error, its log too.
    #[must_use]
    pub const fn said(&self) -> &Said {
        self.process.said()
    }
}

/// The variables as the environment has them, and what keeps a test's process to itself.
pub fn environment(variables: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let mut environment: BTreeMap<String, String> = variables
        .iter()
        .map(|(name, value)| (format!("HEADGATE_{}", name.to_uppercase()), value.clone()))
        .collect();
    environment.insert("HEADGATE_STATE_DIR".to_owned(), "memory".to_owned());
    environment.insert("HEADGATE_LOG".to_owned(), "off".to_owned());
    environment
}

impl Host for Native {
    fn issuer(&self) -> &str {
        &AUTHORITY
    }

    fn now(&self) -> u64 {
        SystemClock.now().as_secs()
    }

    fn ask(&self, _face: Face, request: Request<Bytes>) -> Result<Response<Bytes>, String> {
        RUNTIME.block_on(wire::send(self.address, request))
    }
}
