//! What the native binary says about itself.

use headgate_entra::{ProcessEnvironment, World};
use headgate_native::{
    DiskFiles, Function, NativePorts, NativeStore, OsRandom, ReqwestClient, StderrDiagnostics,
    SystemClock, help,
};

use crate::variables::VARIABLES;
use crate::{CloudFlow, Configuration, ConfigurationError, Ports};

/// cloud-flow as a native function.
pub const FUNCTION: Function = Function {
    name: "cloud-flow",
    version: env!("CARGO_PKG_VERSION"),
    about: "Calls cloud flows of Power Automate as an identity, and waits for their answers.",
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

/// cloud-flow on this process.
pub type NativeCloudFlow = CloudFlow<Native>;

/// Makes the function from its variables.
///
/// # Errors
///
/// What [`Configuration::load`] refuses.
pub async fn load(ports: NativePorts) -> Result<NativeCloudFlow, ConfigurationError> {
    let NativePorts { http, key_value, variables, files, clock, random, diagnostics, .. } = ports;
    let configuration = Configuration::load(&variables, &files, &http, &random).await?;
    let environment = ProcessEnvironment;
    let ports = Ports { http, key_value, clock, random, files, diagnostics, environment };
    Ok(CloudFlow::new(configuration, ports))
}
