//! The function on the ports of a WASI host, for the component.

use headgate_entra::ProcessEnvironment;
use headgate_spin::{
    Entropy, GuestFiles, OutboundHttp, SpinOutlets, SpinPorts, SpinStore, StderrLog,
    TaskBackground, WasiClock,
};

use crate::no_host_place::NoHostPlace;
use crate::{Configuration, ConfigurationError, FileRelay, Ports, World};

/// The ports of a WASI host.
#[derive(Debug)]
pub enum Spin {}

impl World for Spin {
    type Http = OutboundHttp;
    type KeyValue = SpinStore;
    type Clock = WasiClock;
    type Random = Entropy;
    type Files = GuestFiles;
    type Diagnostics = StderrLog;
    type Environment = ProcessEnvironment;
    type Outlets = SpinOutlets;
    type Background = TaskBackground;
    type HostPlace = NoHostPlace;
}

/// file-relay on a WASI host.
pub type SpinFileRelay = FileRelay<Spin>;

/// Makes the function from its variables.
///
/// # Errors
///
/// What [`Configuration::load`] refuses.
pub async fn load(ports: SpinPorts<SpinStore>) -> Result<SpinFileRelay, ConfigurationError> {
    let SpinPorts { http, key_value, variables, files, clock, diagnostics } = ports;
    let configuration =
        Configuration::load(&variables, &files, &http, &Entropy, NoHostPlace::open).await?;
    // The host keeps the component to its allowed_outbound_hosts.
    let (public_http, random, environment) = (http, Entropy, ProcessEnvironment);
    let (outlets, background) = (SpinOutlets, TaskBackground);
    let ports = Ports {
        http,
        public_http,
        key_value,
        clock,
        random,
        files,
        diagnostics,
        environment,
        outlets,
        background,
    };
    Ok(FileRelay::new(configuration, ports))
}
