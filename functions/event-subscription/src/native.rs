//! What the native binary says about itself.

use std::sync::Arc;

use headgate_entra::{Identities, ProcessEnvironment};
use headgate_native::{
    DiskFiles, Function, NativeBackground, NativeOutlets, NativePorts, NativeStore, OsRandom,
    ReqwestClient, StderrDiagnostics, SystemClock, help,
};

use crate::variables::VARIABLES;
use crate::{Configuration, ConfigurationError, EventSubscription, Ports, World};

/// event-subscription as a native function.
pub const FUNCTION: Function = Function {
    name: "event-subscription",
    version: env!("CARGO_PKG_VERSION"),
    about: "Receives events from Event Grid and any CloudEvents producer, and fires what is to follow.",
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
    type Diagnostics = StderrDiagnostics;
    type Outlets = NativeOutlets;
    type Tokens = Arc<Identities<Self>>;
    type Background = NativeBackground;
}

impl headgate_entra::World for Native {
    type Http = ReqwestClient;
    type KeyValue = NativeStore;
    type Clock = SystemClock;
    type Random = OsRandom;
    type Files = DiskFiles;
    type Diagnostics = StderrDiagnostics;
    type Environment = ProcessEnvironment;
}

/// event-subscription on this process.
pub type NativeEventSubscription = EventSubscription<Native>;

/// Makes the function from its variables.
///
/// # Errors
///
/// What [`Configuration::load`] refuses.
pub async fn load(ports: NativePorts) -> Result<NativeEventSubscription, ConfigurationError> {
    let NativePorts { http, key_value, variables, files, clock, random, diagnostics, background } =
        ports;
    let mut configuration = Configuration::load(&variables, &files, &http, &random).await?;
    let identities = configuration.identities.take(headgate_entra::Ports {
        http: http.clone(),
        key_value: key_value.clone(),
        clock,
        random,
        files,
        diagnostics: diagnostics.clone(),
        environment: ProcessEnvironment,
    });
    let (outlets, tokens) = (NativeOutlets::new(), Arc::new(identities));
    let ports = Ports { http, key_value, clock, random, diagnostics, outlets, tokens, background };
    Ok(EventSubscription::new(configuration, ports))
}
