//! What a function that tells of events reaches of the world: the ports, and each host's choice of them.
//!
//! A function is written against [`World`]. A native process is the world `Native`, a component is the world `Spin`, and a
//! test makes one of fakes.

#[cfg(not(target_family = "wasm"))]
mod native;
mod ports;
#[cfg(target_family = "wasm")]
mod spin;
mod world;

#[cfg(not(target_family = "wasm"))]
pub use native::Native;
pub use ports::Ports;
#[cfg(target_family = "wasm")]
pub use spin::Spin;
pub use world::{World, WorldOutbox};
