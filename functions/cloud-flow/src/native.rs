//! What the native binary says about itself.

use headgate_native::{Function, NativePorts, help};
use headgate_world::Native;

use crate::variables::VARIABLES;
use crate::{CloudFlow, Configuration, ConfigurationError};

/// cloud-flow as a native function.
pub const FUNCTION: Function = Function {
    name: "cloud-flow",
    version: env!("CARGO_PKG_VERSION"),
    about: "Calls cloud flows of Power Automate as an identity, and waits for their answers.",
    variables: &help(&VARIABLES),
    computes_beside: false,
    commands: &[],
};

/// cloud-flow on this process.
pub type NativeCloudFlow = CloudFlow<Native>;

/// Makes the function from its variables.
///
/// # Errors
///
/// What [`Configuration::load`] refuses.
pub async fn load(ports: NativePorts) -> Result<NativeCloudFlow, ConfigurationError> {
    let NativePorts { variables, files, http, random, .. } = &ports;
    let configuration = Configuration::load(variables, files, http, random).await?;
    Ok(CloudFlow::new(configuration, Native::acting(ports)))
}
