use std::sync::Arc;

use headgate_entra::{Identities, IdentityVariables, ProcessEnvironment};
use headgate_events::Stdout;
use headgate_spin::{
    Entropy, GuestFiles, OutboundHttp, SpinPorts, SpinStore, StderrLog, TaskBackground, WasiClock,
};

use crate::{Ports, World};

/// The ports of a WASI host.
#[derive(Debug)]
pub enum Spin {}

impl World for Spin {
    type Http = OutboundHttp;
    type KeyValue = SpinStore;
    type Clock = WasiClock;
    type Random = Entropy;
    type Diagnostics = StderrLog;
    type Outlets = Stdout;
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

impl Ports<Spin> {
    /// Takes the ports that the host gives a function, and who the function is, which leaves nobody in `identities`.
    #[must_use]
    pub fn of_component(ports: SpinPorts<SpinStore>, identities: &mut IdentityVariables) -> Self {
        let SpinPorts { http, key_value, files, clock, diagnostics, .. } = ports;
        let identities = identities.take(headgate_entra::Ports {
            http,
            key_value: key_value.clone(),
            clock,
            random: Entropy,
            files,
            diagnostics,
            environment: ProcessEnvironment,
        });
        let (random, outlets, background) = (Entropy, Stdout, TaskBackground);
        let tokens = Arc::new(identities);
        Self { http, key_value, clock, random, diagnostics, outlets, tokens, background }
    }
}
