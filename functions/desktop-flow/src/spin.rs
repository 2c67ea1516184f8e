//! The function on the ports of a WASI host, for the component.

use headgate_entra::ProcessEnvironment;
use headgate_spin::{
    Entropy, GuestFiles, OutboundHttp, SpinOutlets, SpinPorts, SpinStore, SpinVariables, StderrLog,
    TaskBackground, WasiClock,
};

use crate::{Configuration, ConfigurationError, DesktopFlow, Ports, World};

/// The ports of a WASI host.
#[derive(Debug)]
pub enum Spin {}

impl World for Spin {
    type Http = OutboundHttp;
    type KeyValue = SpinStore;
    type Clock = WasiClock;
    type Random = Entropy;
    type Files = GuestFiles;
    type Variables = SpinVariables;
    type Diagnostics = StderrLog;
    type Environment = ProcessEnvironment;
    type Outlets = SpinOutlets;
    type Background = TaskBackground;
}

/// desktop-flow on a WASI host.
pub type SpinDesktopFlow = DesktopFlow<Spin>;

/// Makes the function from its variables.
///
/// # Errors
///
/// What [`Configuration::load`] refuses.
pub async fn load(ports: SpinPorts<SpinStore>) -> Result<SpinDesktopFlow, ConfigurationError> {
    let SpinPorts { http, key_value, variables, files, clock, diagnostics } = ports;
    let configuration = Configuration::load(&variables, &files, &http, &Entropy).await?;
    let (random, outlets, background) = (Entropy, SpinOutlets, TaskBackground);
    let environment = ProcessEnvironment;
    let ports = Ports {
        http,
        key_value,
        clock,
        random,
        files,
        variables,
        diagnostics,
        environment,
        outlets,
        background,
    };
    Ok(DesktopFlow::new(configuration, ports))
}
