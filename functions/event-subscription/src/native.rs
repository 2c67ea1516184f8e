//! What the native binary says about itself.

use headgate_native::{
    Function, NativePorts, RedbStore, ReqwestClient, StderrDiagnostics, SystemClock, Variable,
};

use crate::variables::VARIABLES;
use crate::{Configuration, ConfigurationError, EventSubscription, Ports, StandardOutput, World};

/// event-subscription as a native function.
pub const FUNCTION: Function = Function {
    name: "event-subscription",
    version: env!("CARGO_PKG_VERSION"),
    about: "Receives events from Event Grid and any CloudEvents producer, and fires what is to follow.",
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
    type Diagnostics = StderrDiagnostics;
    type Outlets = StandardOutput;
}

/// event-subscription on this process.
pub type NativeEventSubscription = EventSubscription<Native>;

/// Makes the function from its variables.
///
/// # Errors
///
/// What [`Configuration::load`] refuses.
pub async fn load(ports: NativePorts) -> Result<NativeEventSubscription, ConfigurationError> {
    let NativePorts { http, key_value, variables, files, clock, random, diagnostics, .. } = ports;
    let configuration = Configuration::load(&variables, &files, &http, &random).await?;
    let ports = Ports { http, key_value, clock, diagnostics, outlets: StandardOutput };
    Ok(EventSubscription::new(configuration, ports))
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
