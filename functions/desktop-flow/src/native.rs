//! What the native binary says about itself.

use headgate_native::{EnvVariables, Function, NativeBackground, NativeOutlets, NativePorts, help};
use headgate_world::Native;

use crate::variables::VARIABLES;
use crate::{Configuration, ConfigurationError, DesktopFlow, Ports, World};

/// desktop-flow as a native function.
pub const FUNCTION: Function = Function {
    name: "desktop-flow",
    version: env!("CARGO_PKG_VERSION"),
    about: "Runs a desktop flow of Power Automate: one robot for each request, followed to its end.",
    variables: &help(&VARIABLES),
    computes_beside: false,
    commands: &[],
};

impl World for Native {
    type Variables = EnvVariables;
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
    let NativePorts { variables, files, http, random, .. } = &ports;
    let configuration = Configuration::load(variables, files, http, random).await?;
    let (variables, outlets, background) =
        (ports.variables, NativeOutlets::new(), ports.background);
    let acting = Native::acting(ports);
    Ok(DesktopFlow::new(configuration, Ports { acting, variables, outlets, background }))
}
