//! The function on the ports of a WASI host, for the component.

use headgate_entra::ProcessEnvironment;
use headgate_spin::{
    Entropy, GuestFiles, OutboundHttp, SpinPorts, SpinStore, StderrLog, WasiClock,
};

use crate::{Configuration, ConfigurationError, EntraHttp, Ports, World};

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
}

/// entra-http on a WASI host.
pub type SpinEntraHttp = EntraHttp<Spin>;

/// Makes the function from its variables.
///
/// # Errors
///
/// What [`Configuration::load`] refuses.
pub async fn load(ports: SpinPorts<SpinStore>) -> Result<SpinEntraHttp, ConfigurationError> {
    let SpinPorts { http, key_value, variables, files, clock, diagnostics } = ports;
    let configuration = Configuration::load(&variables, &files, &http, &Entropy).await?;
    // The host keeps the component to its allowed_outbound_hosts.
    let (public_http, random, environment) = (http, Entropy, ProcessEnvironment);
    let ports =
        Ports { http, public_http, key_value, clock, random, files, diagnostics, environment };
    Ok(EntraHttp::new(configuration, ports))
}
