use std::collections::BTreeMap;

use super::carrier::Carrier;
use crate::host::Served;

/// Starts the component with these variables in a local host of its own, on a free port. It reaches any server on loopback.
///
/// # Errors
///
/// As [`Served::start`].
pub fn start_component(variables: &BTreeMap<String, String>) -> Result<(Served, Carrier), String> {
    start_component_with(variables, &[])
}

/// As [`start_component`], with arguments `own` for its host.
///
/// # Errors
///
/// As [`Served::start`].
pub fn start_component_with(
    variables: &BTreeMap<String, String>,
    own: &[String],
) -> Result<(Served, Carrier), String> {
    let name = "headgate_file_relay_component.wasm";
    let served = Served::start(name, variables, own, &BTreeMap::new())?;
    let carrier = Carrier::at(served.address());
    Ok((served, carrier))
}
