//! What the native binary says about itself.

use headgate_native::{
    Function, NativeBackground, NativePorts, OsRandom, RedbStore, ReqwestClient, StderrDiagnostics,
    SystemClock, Variable,
};

use crate::variables::VARIABLES;
use crate::{CircuitBreaker, Configuration, ConfigurationError, Ports, StandardOutput, World};

/// circuit-breaker as a native function.
pub const FUNCTION: Function = Function {
    name: "circuit-breaker",
    version: env!("CARGO_PKG_VERSION"),
    about: "Notices that a backend has failed and stops calling it for a while, as API Management's circuit breaker does.",
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

/// circuit-breaker on this process.
pub type NativeCircuitBreaker = CircuitBreaker<Native>;

/// Makes the function from its variables.
///
/// # Errors
///
/// What [`Configuration::load`] refuses.
pub async fn load(ports: NativePorts) -> Result<NativeCircuitBreaker, ConfigurationError> {
    let NativePorts { http, key_value, variables, files, clock, random, diagnostics, background } =
        ports;
    let configuration = Configuration::load(&variables, &files, &http, &random).await?;
    let outlets = StandardOutput;
    let ports = Ports { http, key_value, clock, random, diagnostics, outlets, background };
    Ok(CircuitBreaker::new(configuration, ports))
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
