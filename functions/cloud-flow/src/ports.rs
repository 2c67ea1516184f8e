//! What the function reaches of the world: what its identities do, no more.

pub use headgate_entra::{Ports, World};
