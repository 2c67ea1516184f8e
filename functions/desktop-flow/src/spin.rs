//! The function on the ports of a WASI host, for the component.

use headgate_spin::{Entropy, SpinOutlets, SpinPorts, SpinStore, SpinVariables, TaskBackground};
use headgate_world::Spin;

use crate::{Configuration, ConfigurationError, DesktopFlow, Ports, World};

impl World for Spin {
    type Variables = SpinVariables;
    type Outlets = SpinOutlets;
    type Background = TaskBackground;
}

/// desktop-flow on a WASI host.
pub type SpinDesktopFlow = DesktopFlow<Spin>;

/// Makes the function from its variables.
///
/// # Errors
///
/// What [`Configuration::load`] refuses.
pub async fn load(ports: SpinPorts<SpinStore>) -> Result<SpinDesktopFlow, ConfigurationError> {
    let SpinPorts { http, variables, files, .. } = &ports;
    let configuration = Configuration::load(variables, files, http, &Entropy).await?;
    let (variables, outlets, background) = (ports.variables, SpinOutlets, TaskBackground);
    let acting = Spin::acting(ports);
    Ok(DesktopFlow::new(configuration, Ports { acting, variables, outlets, background }))
}
