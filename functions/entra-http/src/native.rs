//! What the native binary says about itself.

use headgate_entra::ProcessEnvironment;
use headgate_native::{
    DiskFiles, Function, NativePorts, NativeStore, OsRandom, ReqwestClient, StderrDiagnostics,
    SystemClock, help,
};

use crate::variables::VARIABLES;
use crate::{Configuration, ConfigurationError, EntraHttp, Ports, World};

/// entra-http as a native function.
pub const FUNCTION: Function = Function {
    name: "entra-http",
    version: env!("CARGO_PKG_VERSION"),
    about: "Calls an API that Entra protects, for a caller that has no credential of its own.",
    variables: &help(&VARIABLES),
    commands: &[],
};

/// The ports of this process.
#[derive(Debug)]
pub enum Native {}

impl World for Native {
    type Http = ReqwestClient;
    type KeyValue = NativeStore;
    type Clock = SystemClock;
    type Random = OsRandom;
    type Files = DiskFiles;
    type Diagnostics = StderrDiagnostics;
    type Environment = ProcessEnvironment;
}

/// entra-http on this process.
pub type NativeEntraHttp = EntraHttp<Native>;

/// Makes the function from its variables.
///
/// # Errors
///
/// What [`Configuration::load`] refuses.
pub async fn load(ports: NativePorts) -> Result<NativeEntraHttp, ConfigurationError> {
    let NativePorts { http, key_value, variables, files, clock, random, diagnostics, .. } = ports;
    let configuration = Configuration::load(&variables, &files, &http, &random).await?;
    let (public_http, environment) = (ReqwestClient::for_public_addresses(), ProcessEnvironment);
    let ports =
        Ports { http, public_http, key_value, clock, random, files, diagnostics, environment };
    Ok(EntraHttp::new(configuration, ports))
}
