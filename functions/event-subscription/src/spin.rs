//! The function on the ports of a WASI host, for the component.

use headgate_spin::{Entropy, SpinPorts, SpinStore};
use headgate_world::Spin;

use crate::{Configuration, ConfigurationError, EventSubscription, Ports};

/// event-subscription on a WASI host.
pub type SpinEventSubscription = EventSubscription<Spin>;

/// Makes the function from its variables.
///
/// # Errors
///
/// What [`Configuration::load`] refuses.
pub async fn load(
    ports: SpinPorts<SpinStore>,
) -> Result<SpinEventSubscription, ConfigurationError> {
    let SpinPorts { variables, files, http, .. } = &ports;
    let mut configuration = Configuration::load(variables, files, http, &Entropy).await?;
    let ports = Ports::of_component(ports, &mut configuration.identities);
    Ok(EventSubscription::new(configuration, ports))
}
