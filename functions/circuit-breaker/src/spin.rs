//! The function on the ports of a WASI host, for the component.

use headgate_spin::{
    Entropy, OutboundHttp, SpinPorts, StderrLog, TaskBackground, WasiClock, WasiKeyValue,
};

use crate::{CircuitBreaker, Configuration, ConfigurationError, Ports, StandardOutput, World};

/// The ports of a WASI host.
#[derive(Debug)]
pub enum Spin {}

impl World for Spin {
    type Http = OutboundHttp;
    type KeyValue = WasiKeyValue;
    type Clock = WasiClock;
    type Random = Entropy;
    type Diagnostics = StderrLog;
    type Outlets = StandardOutput;
    type Background = TaskBackground;
}

/// circuit-breaker on a WASI host.
pub type SpinCircuitBreaker = CircuitBreaker<Spin>;

/// Makes the function from its variables.
///
/// # Errors
///
/// What [`Configuration::load`] refuses.
pub async fn load(ports: SpinPorts) -> Result<SpinCircuitBreaker, ConfigurationError> {
    let SpinPorts { http, key_value, variables, files, clock, diagnostics } = ports;
    let configuration = Configuration::load(&variables, &files, &http, &Entropy).await?;
    let (random, outlets, background) = (Entropy, StandardOutput, TaskBackground);
    let ports = Ports { http, key_value, clock, random, diagnostics, outlets, background };
    Ok(CircuitBreaker::new(configuration, ports))
}
