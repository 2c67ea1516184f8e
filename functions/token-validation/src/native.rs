//! What the native binary says about itself, and what its command line can do besides serving.

use headgate_native::{
    Command, Function, NativeBackground, NativePorts, NativeStore, ReqwestClient,
    StderrDiagnostics, SystemClock, help,
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
    variables: &help(&VARIABLES),
    computes_beside: false,
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
    type KeyValue = NativeStore;
    type Clock = SystemClock;
    type Diagnostics = StderrDiagnostics;
    type Background = NativeBackground;
}

/// token-validation on this process.
pub type NativeTokenValidation = TokenValidation<Native>;

/// Makes the function from its variables.
///
/// # Errors
///
/// What [`Configuration::load`] refuses.
pub async fn load(ports: NativePorts) -> Result<NativeTokenValidation, ConfigurationError> {
    let NativePorts { http, key_value, variables, files, clock, random, diagnostics, background } =
        ports;
    let configuration = Configuration::load(&variables, &files, &http, &random).await?;
    let ports = Ports { http, key_value, clock, diagnostics, background };
    Ok(TokenValidation::new(configuration, ports))
}
