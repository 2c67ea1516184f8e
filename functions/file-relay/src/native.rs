//! What the native binary says about itself.

use std::sync::LazyLock;
use std::thread::available_parallelism;

use headgate_native::{
    Function, NativeBackground, NativeOutlets, NativePorts, ReqwestClient, help,
};
use headgate_world::Native;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use crate::host::{HostPlace, NativeHost};
use crate::terminal::RELAY;
use crate::variables::VARIABLES;
use crate::{Beside, Configuration, ConfigurationError, FileRelay, Ports, World};

/// file-relay as a native function.
pub const FUNCTION: Function = Function {
    name: "file-relay",
    version: env!("CARGO_PKG_VERSION"),
    about: "Carries a file from any place to any other, byte for byte.",
    variables: &help(&VARIABLES),
    computes_beside: true,
    commands: &[RELAY],
};

impl World for Native {
    type Outlets = NativeOutlets;
    type Background = NativeBackground;
    type HostPlace = HostPlace;

    fn beside() -> Option<Beside> {
        Some(|work| match OTHER_PROCESSORS.try_acquire() {
            Ok(processor) => {
                drop(spawn_blocking(move || {
                    work();
                    drop(processor);
                }));
                Ok(())
            }
            Err(_) => Err(work),
        })
    }
}

/// All processors but the one that carries: computing on more threads than there are would only take memory.
static OTHER_PROCESSORS: LazyLock<Semaphore> = LazyLock::new(|| {
    Semaphore::new(available_parallelism().map_or(0, |processors| processors.get() - 1))
});

/// file-relay on this process.
pub type NativeFileRelay = FileRelay<Native>;

/// Makes the function from its variables.
///
/// # Errors
///
/// What [`Configuration::load`] refuses.
pub async fn load(ports: NativePorts) -> Result<NativeFileRelay, ConfigurationError> {
    let NativePorts { variables, files, http, random, diagnostics, .. } = &ports;
    let host = NativeHost::new(diagnostics.clone());
    let configuration = Configuration::load(variables, files, http, random, host).await?;
    let (outlets, background) = (NativeOutlets::new(), ports.background);
    let (acting, public_http) = (Native::acting(ports), ReqwestClient::for_public_addresses());
    Ok(FileRelay::new(configuration, Ports { acting, public_http, outlets, background }))
}
