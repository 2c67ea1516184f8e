//! What the native binary says about itself, and what its command line can do besides serving.

use headgate_native::{
    Command, Function, NativePorts, RedbStore, ReqwestClient, StderrDiagnostics, SystemClock,
    Variable,
};

use crate::variables::VARIABLES;
use crate::{
    Configuration, ConfigurationError, Ports, TokenValidation, World, policy_check,
    subscription_key,
};

/// token-validation as a native function.
pub const FUNCTION: Function = Function {
    name: "token-validation",
    version: env!("CARGO_PKG_VERSION"),
    about: "Decides whether a caller's token may pass, as API Management's validate-jwt and validate-azure-ad-token do.",
    variables: &HELP,
    commands: &[
        Command {
            words: &["policy", "check"],
            operands: &["FILE"],
            about: "Explains a policy document in plain words, or says what is wrong with it and where.",
            run: policy_check::run,
        },
        Command {
            words: &["subscription-key", "new"],
            operands: &[],
            about: "Makes a subscription key, and the hash of it that a products document holds.",
            run: subscription_key::run,
        },
    ],
};

/// The ports of this process.
#[derive(Debug)]
pub enum Native {}

impl World for Native {
    type Http = ReqwestClient;
    type KeyValue = RedbStore;
    type Clock = SystemClock;
    type Diagnostics = StderrDiagnostics;
}

/// token-validation on this process.
pub type NativeTokenValidation = TokenValidation<Native>;

/// Makes the function from its variables.
///
/// # Errors
///
/// What [`Configuration::load`] refuses.
pub async fn load(ports: NativePorts) -> Result<NativeTokenValidation, ConfigurationError> {
    let NativePorts { http, key_value, variables, files, clock, random, diagnostics, .. } = ports;
    let configuration = Configuration::load(&variables, &files, &http, &random).await?;
    Ok(TokenValidation::new(configuration, Ports { http, key_value, clock, diagnostics }))
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
