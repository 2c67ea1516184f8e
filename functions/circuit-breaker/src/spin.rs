//! The function on the ports of a WASI host, for the component.

use headgate_spin::{Entropy, SpinPorts, SpinStore};
use headgate_world::Spin;

use crate::{CircuitBreaker, Configuration, ConfigurationError, Ports};

/// circuit-breaker on a WASI host.
pub type SpinCircuitBreaker = CircuitBreaker<Spin>;

/// Makes the function from its variables.
///
/// # Errors
///
/// What [`Configuration::load`] refuses.
pub async fn load(ports: SpinPorts<SpinStore>) -> Result<SpinCircuitBreaker, ConfigurationError> {
    let SpinPorts { variables, files, http, .. } = &ports;
    let mut configuration = Configuration::load(variables, files, http, &Entropy).await?;
    let ports = Ports::of_component(ports, &mut configuration.identities);
    Ok(CircuitBreaker::new(configuration, ports))
}
