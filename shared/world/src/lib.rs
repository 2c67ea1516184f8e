//! What a function reaches of the world: the ports, and each host's choice of them.
//!
//! A function that tells of events is written against [`World`], one that acts as somebody against
//! [`headgate_entra::World`]. A native process is the world `Native` to both, a component is the world `Spin`, and a test
//! makes one of fakes.

#[cfg(not(target_family = "wasm"))]
mod native;
mod own_ports;
mod ports;
#[cfg(target_family = "wasm")]
mod spin;
mod world;

#[cfg(not(target_family = "wasm"))]
pub use native::Native;
pub use own_ports::{OwnOutbox, OwnPorts};
pub use ports::Ports;
#[cfg(target_family = "wasm")]
pub use spin::Spin;
pub use world::{World, WorldOutbox};
