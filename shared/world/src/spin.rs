use std::sync::Arc;

use headgate_entra::{Identities, IdentityVariables, ProcessEnvironment};
use headgate_spin::{
    Entropy, GuestFiles, OutboundHttp, SpinOutlets, SpinPorts, SpinStore, StderrLog,
    TaskBackground, WasiClock,
};

use crate::{OwnPorts, Ports, World};

/// The ports of a WASI host.
#[derive(Debug)]
pub enum Spin {}

impl World for Spin {
    type Http = OutboundHttp;
    type KeyValue = SpinStore;
    type Clock = WasiClock;
    type Random = Entropy;
    type Diagnostics = StderrLog;
    type Outlets = SpinOutlets;
    type Tokens = Arc<Identities<Self>>;
    type Background = TaskBackground;
}

impl headgate_entra::World for Spin {
    type Http = OutboundHttp;
    type KeyValue = SpinStore;
    type Clock = WasiClock;
    type Random = Entropy;
    type Files = GuestFiles;
    type Diagnostics = StderrLog;
    type Environment = ProcessEnvironment;
}

impl Spin {
    /// Takes the ports that the host gives a function for its credentials.
    #[must_use]
    pub fn acting(ports: SpinPorts<SpinStore>) -> headgate_entra::Ports<Self> {
        let SpinPorts { http, key_value, files, clock, diagnostics, .. } = ports;
        let (random, environment) = (Entropy, ProcessEnvironment);
        headgate_entra::Ports { http, key_value, clock, random, files, diagnostics, environment }
    }
}

impl Ports<Spin> {
    /// Takes the ports that the host gives a function, and who the function is, which leaves nobody in `identities`.
    #[must_use]
    pub fn of_component(ports: SpinPorts<SpinStore>, identities: &mut IdentityVariables) -> Self {
        let ports = Spin::acting(ports);
        let OwnPorts { http, key_value, clock, random, diagnostics } = OwnPorts::beside(&ports);
        let (outlets, background) = (SpinOutlets, TaskBackground);
        let tokens = Arc::new(identities.take(ports));
        Self { http, key_value, clock, random, diagnostics, outlets, tokens, background }
    }
}
