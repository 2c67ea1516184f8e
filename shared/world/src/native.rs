use std::sync::Arc;

use headgate_entra::{Identities, IdentityVariables, ProcessEnvironment};
use headgate_native::{
    DiskFiles, NativeBackground, NativeOutlets, NativePorts, NativeStore, OsRandom, ReqwestClient,
    StderrDiagnostics, SystemClock,
};

use crate::{OwnPorts, Ports, World};

/// The ports of this process.
#[derive(Debug)]
pub enum Native {}

impl World for Native {
    type Http = ReqwestClient;
    type KeyValue = NativeStore;
    type Clock = SystemClock;
    type Random = OsRandom;
    type Diagnostics = StderrDiagnostics;
    type Outlets = NativeOutlets;
    type Tokens = Arc<Identities<Self>>;
    type Background = NativeBackground;
}

impl headgate_entra::World for Native {
    type Http = ReqwestClient;
    type KeyValue = NativeStore;
    type Clock = SystemClock;
    type Random = OsRandom;
    type Files = DiskFiles;
    type Diagnostics = StderrDiagnostics;
    type Environment = ProcessEnvironment;
}

impl Native {
    /// Takes the ports that the process gives a function for its credentials.
    #[must_use]
    pub fn acting(ports: NativePorts) -> headgate_entra::Ports<Self> {
        let NativePorts { http, key_value, files, clock, random, diagnostics, .. } = ports;
        let environment = ProcessEnvironment;
        headgate_entra::Ports { http, key_value, clock, random, files, diagnostics, environment }
    }
}

impl Ports<Native> {
    /// Takes the ports that the process gives a function, and who the function is, which leaves nobody in `identities`.
    #[must_use]
    pub fn of_process(ports: NativePorts, identities: &mut IdentityVariables) -> Self {
        let background = ports.background;
        let ports = Native::acting(ports);
        let OwnPorts { http, key_value, clock, random, diagnostics } = OwnPorts::beside(&ports);
        let (outlets, tokens) = (NativeOutlets::new(), Arc::new(identities.take(ports)));
        Self { http, key_value, clock, random, diagnostics, outlets, tokens, background }
    }
}
