//! What the native binary says about itself.

use headgate_entra::ProcessEnvironment;
use headgate_native::{
    DiskFiles, Function, NativeBackground, NativeOutlets, NativePorts, NativeStore, OsRandom,
    ReqwestClient, StderrDiagnostics, SystemClock, help,
};

use crate::host::HostPlace;
use crate::terminal::RELAY;
use crate::variables::VARIABLES;
use crate::{Configuration, ConfigurationError, FileRelay, Ports, World};

/// file-relay as a native function.
pub const FUNCTION: Function = Function {
    name: "file-relay",
    version: env!("CARGO_PKG_VERSION"),
    about: "Carries a file from any place to any other, byte for byte.",
    variables: &help(&VARIABLES),
    commands: &[RELAY],
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
    type Outlets = NativeOutlets;
    type Background = NativeBackground;
    type HostPlace = HostPlace;
}

/// file-relay on this process.
pub type NativeFileRelay = FileRelay<Native>;

/// Makes the function from its variables.
///
/// # Errors
///
/// What [`Configuration::load`] refuses.
pub async fn load(ports: NativePorts) -> Result<NativeFileRelay, ConfigurationError> {
    let NativePorts { http, key_value, variables, files, clock, random, diagnostics, background } =
        ports;
    let configuration =
        Configuration::load(&variables, &files, &http, &random, HostPlace::open).await?;
    let (outlets, environment) = (NativeOutlets::new(), ProcessEnvironment);
    let public_http = ReqwestClient::for_public_addresses();
    let ports = Ports {
        http,
        public_http,
        key_value,
        clock,
        random,
        files,
        diagnostics,
        environment,
        outlets,
        background,
    };
    Ok(FileRelay::new(configuration, ports))
}
