//! What the native binary says about itself.

use headgate_native::{Function, NativePorts, help};
use headgate_world::Native;

use crate::variables::VARIABLES;
use crate::{Configuration, ConfigurationError, EventSubscription, Ports};

/// event-subscription as a native function.
pub const FUNCTION: Function = Function {
    name: "event-subscription",
    version: env!("CARGO_PKG_VERSION"),
    about: "Receives events from Event Grid and any CloudEvents producer, and fires what is to follow.",
    variables: &help(&VARIABLES),
    computes_beside: false,
    commands: &[],
};

/// event-subscription on this process.
pub type NativeEventSubscription = EventSubscription<Native>;

/// Makes the function from its variables.
///
/// # Errors
///
/// What [`Configuration::load`] refuses.
pub async fn load(ports: NativePorts) -> Result<NativeEventSubscription, ConfigurationError> {
    let NativePorts { variables, files, http, random, .. } = &ports;
    let mut configuration = Configuration::load(variables, files, http, random).await?;
    let ports = Ports::of_process(ports, &mut configuration.identities);
    Ok(EventSubscription::new(configuration, ports))
}
