//! What the native binary says about itself.

use headgate_entra::ProcessEnvironment;
use headgate_native::{
    DiskFiles, EnvVariables, Function, NativeBackground, NativeOutlets, NativePorts, NativeStore,
    OsRandom, ReqwestClient, StderrDiagnostics, SystemClock, help,
};

use crate::variables::VARIABLES;
use crate::{Configuration, ConfigurationError, DesktopFlow, Ports, World};

/// desktop-flow as a native function.
pub const FUNCTION: Function = Function {
    name: "desktop-flow",
    version: env!("CARGO_PKG_VERSION"),
    about: "Runs a desktop flow of Power Automate: one robot for each request, followed to its end.",
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
    type Variables = EnvVariables;
    type Diagnostics = StderrDiagnostics;
    type Environment = ProcessEnvironment;
    type Outlets = NativeOutlets;
    type Background = NativeBackground;
}

/// desktop-flow on this process.
pub type NativeDesktopFlow = DesktopFlow<Native>;

/// Makes the function from its variables.
///
/// # Errors
///
/// What [`Configuration::load`] refuses.
pub async fn load(ports: NativePorts) -> Result<NativeDesktopFlow, ConfigurationError> {
    let NativePorts { http, key_value, variables, files, clock, random, diagnostics, background } =
        ports;
    let configuration = Configuration::load(&variables, &files, &http, &random).await?;
    let (outlets, environment) = (NativeOutlets::new(), ProcessEnvironment);
    let ports = Ports {
        http,
        key_value,
        clock,
        random,
        files,
        variables,
        diagnostics,
        environment,
        outlets,
        background,
    };
    Ok(DesktopFlow::new(configuration, ports))
}
