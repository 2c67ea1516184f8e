//! The function on the ports of a WASI host, for the component.

use headgate_spin::{Entropy, SpinOutlets, SpinPorts, SpinStore, TaskBackground};
use headgate_world::Spin;

use crate::no_host_place::NoHostPlace;
use crate::{Configuration, ConfigurationError, FileRelay, Ports, World};

impl World for Spin {
    type Outlets = SpinOutlets;
    type Background = TaskBackground;
    type HostPlace = NoHostPlace;
}

/// file-relay on a WASI host.
pub type SpinFileRelay = FileRelay<Spin>;

/// Makes the function from its variables.
///
/// # Errors
///
/// What [`Configuration::load`] refuses.
pub async fn load(ports: SpinPorts<SpinStore>) -> Result<SpinFileRelay, ConfigurationError> {
    let SpinPorts { variables, files, http, .. } = &ports;
    let configuration =
        Configuration::load(variables, files, http, &Entropy, NoHostPlace::open).await?;
    // The host keeps the component to its allowed_outbound_hosts.
    let public_http = ports.http;
    let (acting, outlets, background) = (Spin::acting(ports), SpinOutlets, TaskBackground);
    Ok(FileRelay::new(configuration, Ports { acting, public_http, outlets, background }))
}
