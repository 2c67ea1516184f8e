//! The function on the ports of a WASI host, for the component.

use headgate_spin::{Entropy, SpinPorts, SpinStore};
use headgate_world::Spin;

use crate::{CloudFlow, Configuration, ConfigurationError};

/// cloud-flow on a WASI host.
pub type SpinCloudFlow = CloudFlow<Spin>;

/// Makes the function from its variables.
///
/// # Errors
///
/// What [`Configuration::load`] refuses.
pub async fn load(ports: SpinPorts<SpinStore>) -> Result<SpinCloudFlow, ConfigurationError> {
    let SpinPorts { variables, files, http, .. } = &ports;
    let configuration = Configuration::load(variables, files, http, &Entropy).await?;
    Ok(CloudFlow::new(configuration, Spin::acting(ports)))
}
