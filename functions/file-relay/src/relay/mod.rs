//! Carries a file from one place to another, and keeps account of it.
//!
//! What is known of a relay is a [`Relay`], one value in the store, which whoever works on it has a lease of. What is decided
//! about it is pure: [`retry`] and [`rename`]. The content comes out of a `flow`, part by part.

mod carrier;
mod carry;
mod chunk;
mod event;
mod file_list;
mod flow;
mod hashing;
mod ledger;
mod live;
mod many;
mod order;
mod part_hasher;
mod receipt;
mod record;
mod relays;
pub mod rename;
pub mod retry;
mod tick;
mod work;

pub(crate) use carry::Brought;
pub(crate) use chunk::{ChunkEnd, PATIENCE};
pub(crate) use ledger::{Ledger, lease};
pub(crate) use live::Permit;
pub use order::{Files, ManyOrder, OnConflict, Order, Spot};
pub use receipt::receipt;
pub use record::{Failure, Lease, Relay, State};
pub(crate) use relays::{Held, RecordError, Relays, Rules};
pub use work::{Bringer, Counts, Many, One, Rewritten, Sent, Work};
