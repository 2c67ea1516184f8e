//! The function on the ports of a WASI host, for the component.

use headgate_entra::{ProcessEnvironment, World};
use headgate_spin::{
    Entropy, GuestFiles, OutboundHttp, SpinPorts, SpinStore, StderrLog, WasiClock,
};

use crate::{CloudFlow, Configuration, ConfigurationError, Ports};

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

/// cloud-flow on a WASI host.
pub type SpinCloudFlow = CloudFlow<Spin>;

/// Makes the function from its variables.
///
/// # Errors
///
/// What [`Configuration::load`] refuses.
pub async fn load(ports: SpinPorts<SpinStore>) -> Result<SpinCloudFlow, ConfigurationError> {
    let SpinPorts { http, key_value, variables, files, clock, diagnostics } = ports;
    let (random, environment) = (Entropy, ProcessEnvironment);
    let configuration = Configuration::load(&variables, &files, &http, &random).await?;
    let ports = Ports { http, key_value, clock, random, files, diagnostics, environment };
    Ok(CloudFlow::new(configuration, ports))
}
