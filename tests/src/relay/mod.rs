//! file-relay as tests over HTTP run it, with every kind of place: servers that nobody of Headgate wrote, a strict stand-in for
//! Microsoft Graph, and a line before each of them that can be cut.

mod carrier;
mod component;
pub mod digest;
mod drive;
mod exchange;
mod form;
mod kind;
mod line;
mod names_below;
mod native;
mod peers;
mod serve;
mod server;

pub use carrier::{Answer, Carrier};
pub use component::start_component;
pub use exchange::exchange;
pub use form::{Form, Wrapped};
pub use kind::Kind;
pub use line::{Line, Trouble, Way};
pub use names_below::names_below;
pub use native::start_native;
pub use peers::RelayPeers;
pub use serve::serve;
pub use server::Server;

use bytes::Bytes;

use crate::dice::Dice;

/// Random bytes: the same for the same seed, and every value among them where there is room for it.
#[must_use]
pub fn random_bytes(seed: u64, length: usize) -> Bytes {
    let mut dice = Dice::new(seed);
    let mut bytes: Vec<u8> = (0..=u8::MAX).collect();
    while bytes.len() < length {
        bytes.extend_from_slice(&dice.below(u64::MAX).to_le_bytes());
    }
    bytes.truncate(length);
    bytes.into()
}
