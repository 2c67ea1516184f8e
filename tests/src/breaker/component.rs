use std::collections::BTreeMap;

use super::instance::Instance;
use crate::host::{Build, Served, component_file};

/// The component in a local host of its own, which is a process. It is killed when this is dropped.
pub type Component = Served;

/// Starts the component with these variables, the arguments `own` for its host and `environment` in its environment, on
/// a free port. It reaches any server on loopback.
///
/// # Errors
///
/// What the host says instead of becoming ready, or how to make what is missing.
pub fn start_component(
    variables: &BTreeMap<String, String>,
    own: &[String],
    environment: &BTreeMap<String, String>,
) -> Result<(Component, Instance), String> {
    let component = component_file(Build::Portable, "headgate_circuit_breaker_component.wasm")?;
    let served = Served::start(&component, variables, own, environment)?;
    let instance = Instance::at(served.address(), "");
    Ok((served, instance))
}
