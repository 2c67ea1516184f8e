//! What the native binary says about itself.

use headgate_native::{Function, NativePorts, help};
use headgate_world::Native;

use crate::variables::VARIABLES;
use crate::{CircuitBreaker, Configuration, ConfigurationError, Ports};

/// circuit-breaker as a native function.
pub const FUNCTION: Function = Function {
    name: "circuit-breaker",
    version: env!("CARGO_PKG_VERSION"),
    about: "Notices that a backend has failed and stops calling it for a while, as API Management's circuit breaker does.",
    variables: &help(&VARIABLES),
    computes_beside: false,
    commands: &[],
};

/// circuit-breaker on this process.
pub type NativeCircuitBreaker = CircuitBreaker<Native>;

/// Makes the function from its variables.
///
/// # Errors
///
/// What [`Configuration::load`] refuses.
pub async fn load(ports: NativePorts) -> Result<NativeCircuitBreaker, ConfigurationError> {
    let NativePorts { variables, files, http, random, .. } = &ports;
    let mut configuration = Configuration::load(variables, files, http, random).await?;
    let ports = Ports::of_process(ports, &mut configuration.identities);
    Ok(CircuitBreaker::new(configuration, ports))
}
