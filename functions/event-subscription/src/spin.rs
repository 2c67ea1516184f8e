//! The function on the ports of a WASI host, for the component.

use std::sync::Arc;

use headgate_entra::{Identities, ProcessEnvironment};
use headgate_spin::{
    Entropy, GuestFiles, OutboundHttp, SpinOutlets, SpinPorts, SpinStore, StderrLog,
    TaskBackground, WasiClock,
};

use crate::{Configuration, ConfigurationError, EventSubscription, Ports, World};

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

/// event-subscription on a WASI host.
pub type SpinEventSubscription = EventSubscription<Spin>;

/// Makes the function from its variables.
///
/// # Errors
///
/// What [`Configuration::load`] refuses.
pub async fn load(
    ports: SpinPorts<SpinStore>,
) -> Result<SpinEventSubscription, ConfigurationError> {
    let SpinPorts { http, key_value, variables, files, clock, diagnostics } = ports;
    let mut configuration = Configuration::load(&variables, &files, &http, &Entropy).await?;
    let identities = configuration.identities.take(headgate_entra::Ports {
        http,
        key_value: key_value.clone(),
        clock,
        random: Entropy,
        files,
        diagnostics,
        environment: ProcessEnvironment,
    });
    let (random, outlets, background) = (Entropy, SpinOutlets, TaskBackground);
    let tokens = Arc::new(identities);
    let ports = Ports { http, key_value, clock, random, diagnostics, outlets, tokens, background };
    Ok(EventSubscription::new(configuration, ports))
}
