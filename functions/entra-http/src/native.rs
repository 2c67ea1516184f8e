//! What the native binary says about itself.

use headgate_native::{Function, NativePorts, ReqwestClient, help};
use headgate_world::Native;

use crate::variables::VARIABLES;
use crate::{Configuration, ConfigurationError, EntraHttp, Ports};

/// entra-http as a native function.
pub const FUNCTION: Function = Function {
    name: "entra-http",
    version: env!("CARGO_PKG_VERSION"),
    about: "Calls an API that Entra protects, for a caller that has no credential of its own.",
    variables: &help(&VARIABLES),
    computes_beside: false,
    commands: &[],
};

/// entra-http on this process.
pub type NativeEntraHttp = EntraHttp<Native>;

/// Makes the function from its variables.
///
/// # Errors
///
/// What [`Configuration::load`] refuses.
pub async fn load(ports: NativePorts) -> Result<NativeEntraHttp, ConfigurationError> {
    let NativePorts { variables, files, http, random, .. } = &ports;
    let configuration = Configuration::load(variables, files, http, random).await?;
    let public_http = ReqwestClient::for_public_addresses();
    Ok(EntraHttp::new(configuration, Ports { acting: Native::acting(ports), public_http }))
}
