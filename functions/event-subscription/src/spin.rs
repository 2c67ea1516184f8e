//! The function on the ports of a WASI host, for the component.

use headgate_spin::{Entropy, OutboundHttp, SpinPorts, StderrLog, WasiClock, WasiKeyValue};

use crate::{Configuration, ConfigurationError, EventSubscription, Ports, StandardOutput, World};

/// The ports of a WASI host.
#[derive(Debug)]
pub enum Spin {}

impl World for Spin {
    type Http = OutboundHttp;
    type KeyValue = WasiKeyValue;
    type Clock = WasiClock;
    type Diagnostics = StderrLog;
    type Outlets = StandardOutput;
}

/// event-subscription on a WASI host.
pub type SpinEventSubscription = EventSubscription<Spin>;

/// Makes the function from its variables.
///
/// # Errors
///
/// What [`Configuration::load`] refuses.
pub async fn load(ports: SpinPorts) -> Result<SpinEventSubscription, ConfigurationError> {
    let SpinPorts { http, key_value, variables, files, clock, diagnostics } = ports;
    let configuration = Configuration::load(&variables, &files, &http, &Entropy).await?;
    let ports = Ports { http, key_value, clock, diagnostics, outlets: StandardOutput };
    Ok(EventSubscription::new(configuration, ports))
}
