//! What every stand-in shares: it serves on loopback with or without TLS, counts what comes, and makes trouble when it is
//! told to.

mod reply;
mod server;
mod spilled;
mod tls;
mod trouble;

pub(crate) use reply::put;
pub use reply::{Asked, Reply};
pub use server::{Peer, Serving};
pub use spilled::Spilled;
pub use tls::{Tls, TlsError};
pub use trouble::{Trouble, Troubles};
