//! The function on the ports of a WASI host, for the component.

use headgate_spin::{Entropy, SpinPorts, SpinStore};
use headgate_world::Spin;

use crate::{Configuration, ConfigurationError, EntraHttp, Ports};

/// entra-http on a WASI host.
pub type SpinEntraHttp = EntraHttp<Spin>;

/// Makes the function from its variables.
///
/// # Errors
///
/// What [`Configuration::load`] refuses.
pub async fn load(ports: SpinPorts<SpinStore>) -> Result<SpinEntraHttp, ConfigurationError> {
    let SpinPorts { variables, files, http, .. } = &ports;
    let configuration = Configuration::load(variables, files, http, &Entropy).await?;
    // The host keeps the component to its allowed_outbound_hosts.
    let public_http = ports.http;
    Ok(EntraHttp::new(configuration, Ports { acting: Spin::acting(ports), public_http }))
}
