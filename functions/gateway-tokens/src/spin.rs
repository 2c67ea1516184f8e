//! The function on the ports of a WASI host, for the component.

use headgate_spin::{Entropy, SpinPorts, SpinStore};
use headgate_world::Spin;

use crate::{Configuration, ConfigurationError, GatewayTokens, Ports};

/// gateway-tokens on a WASI host.
pub type SpinGatewayTokens = GatewayTokens<Spin>;

/// Makes the function from its variables.
///
/// # Errors
///
/// What [`Configuration::load`] refuses.
pub async fn load(ports: SpinPorts<SpinStore>) -> Result<SpinGatewayTokens, ConfigurationError> {
    let SpinPorts { variables, files, http, .. } = &ports;
    let mut configuration = Configuration::load(variables, files, http, &Entropy).await?;
    let ports = Ports::of_component(ports, &mut configuration.identities);
    Ok(GatewayTokens::new(configuration, ports))
}
