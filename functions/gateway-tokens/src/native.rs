//! What the native binary says about itself.

use headgate_native::{
    Function, NativeBackground, NativePorts, OsRandom, RedbStore, ReqwestClient, StderrDiagnostics,
    SystemClock, Variable,
};

use crate::variables::VARIABLES;
use crate::{Configuration, ConfigurationError, GatewayTokens, Ports, StandardOutput, World};

/// gateway-tokens as a native function.
pub const FUNCTION: Function = Function {
    name: "gateway-tokens",
    version: env!("CARGO_PKG_VERSION"),
    about: "Tells everybody when the token of a self-hosted gateway is about to expire or has expired, as API Management does.",
    variables: &HELP,
    commands: &[],
};

/// The ports of this process.
#[derive(Debug)]
pub enum Native {}

impl World for Native {
    type Http = ReqwestClient;
    type KeyValue = RedbStore;
    type Clock = SystemClock;
    type Random = OsRandom;
    type Diagnostics = StderrDiagnostics;
    type Outlets = StandardOutput;
    type Background = NativeBackground;
}

/// gateway-tokens on this process.
pub type NativeGatewayTokens = GatewayTokens<Native>;

/// Makes the function from its variables.
///
/// # Errors
///
/// What [`Configuration::load`] refuses.
pub async fn load(ports: NativePorts) -> Result<NativeGatewayTokens, ConfigurationError> {
    let NativePorts { http, key_value, variables, files, clock, random, diagnostics, background } =
        ports;
    let configuration = Configuration::load(&variables, &files, &http, &random).await?;
    let outlets = StandardOutput;
    let ports = Ports { http, key_value, clock, random, diagnostics, outlets, background };
    Ok(GatewayTokens::new(configuration, ports))
}

/// The variables as `--help` shows them.
#[expect(clippy::indexing_slicing, reason = "the compiler evaluates it")]
const HELP: [Variable; VARIABLES.len()] = {
    let mut help = [Variable { name: "", default: None, about: "" }; VARIABLES.len()];
    let mut at = 0;
    while at < VARIABLES.len() {
        help[at] =
            Variable { name: VARIABLES[at].name, default: None, about: VARIABLES[at].meaning };
        at += 1;
    }
    help
};
