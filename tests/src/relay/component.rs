use std::collections::BTreeMap;

use super::carrier::Carrier;
use crate::host::{Build, Served, component_file};

/// Starts the component with these variables in a local host of its own with the arguments `own`, on a free port. It
/// reaches any server on loopback.
///
/// # Errors
///
/// As [`Served::start`].
pub fn start_component(
    build: Build,
    variables: &BTreeMap<String, String>,
    own: &[String],
) -> Result<(Served, Carrier), String> {
    let component = component_file(build, "headgate_file_relay_component.wasm")?;
    let served = Served::start(&component, variables, own, &BTreeMap::new())?;
    let carrier = Carrier::at(served.address());
    Ok((served, carrier))
}
