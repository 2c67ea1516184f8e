//! What the native binary says about itself.

use headgate_native::{Function, NativePorts, help};
use headgate_world::Native;

use crate::variables::VARIABLES;
use crate::{Configuration, ConfigurationError, GatewayTokens, Ports};

/// gateway-tokens as a native function.
pub const FUNCTION: Function = Function {
    name: "gateway-tokens",
    version: env!("CARGO_PKG_VERSION"),
    about: "Tells everybody when the token of a self-hosted gateway is about to expire or has expired, as API Management does.",
    variables: &help(&VARIABLES),
    computes_beside: false,
    commands: &[],
};

/// gateway-tokens on this process.
pub type NativeGatewayTokens = GatewayTokens<Native>;

/// Makes the function from its variables.
///
/// # Errors
///
/// What [`Configuration::load`] refuses.
pub async fn load(ports: NativePorts) -> Result<NativeGatewayTokens, ConfigurationError> {
    let NativePorts { variables, files, http, random, .. } = &ports;
    let mut configuration = Configuration::load(variables, files, http, random).await?;
    let ports = Ports::of_process(ports, &mut configuration.identities);
    Ok(GatewayTokens::new(configuration, ports))
}
