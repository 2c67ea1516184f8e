//! The function on the ports of a WASI host, for the components.

use headgate_spin::{
    Entropy, OutboundHttp, SpinPorts, StderrLog, TaskBackground, WasiClock, WasiKeyValue,
};

use crate::{Configuration, ConfigurationError, Ports, TokenValidation, World};

/// The ports of a WASI host.
#[derive(Debug)]
pub enum Spin {}

impl World for Spin {
    type Http = OutboundHttp;
    type KeyValue = WasiKeyValue;
    type Clock = WasiClock;
    type Diagnostics = StderrLog;
    type Background = TaskBackground;
}

/// token-validation on a WASI host.
pub type SpinTokenValidation = TokenValidation<Spin>;

/// Makes the function from its variables.
///
/// # Errors
///
/// What [`Configuration::load`] refuses.
pub async fn load(ports: SpinPorts) -> Result<SpinTokenValidation, ConfigurationError> {
    let SpinPorts { http, key_value, variables, files, clock, diagnostics } = ports;
    let configuration = Configuration::load(&variables, &files, &http, &Entropy).await?;
    let ports = Ports { http, key_value, clock, diagnostics, background: TaskBackground };
    Ok(TokenValidation::new(configuration, ports))
}
