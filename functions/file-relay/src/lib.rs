//! Carries a file from any place to any other, byte for byte: in constant memory, going on where it broke off.
//!
//! - [`place`] says what a place can do; its modules speak to each kind (contracts, Power Platform §5).
//! - [`digest`] computes what tells one content from another; its state can be kept.
//! - [`content`] reads a file out of the body of a request, whatever form it comes in (contracts, Power Platform §4.1).
//! - [`chunked`] reads what brings a file in pieces (contracts, Power Platform §4.3), [`ranges`] what asks for a part of one.
//! - [`relay`] carries: its record, and the work.
//! - `faces` answers requests; [`FileRelay`] is the function around it all.
//!
//! # What the store holds
//!
//! Whoever works on a relay has a lease in its record, which runs out by itself. The record is written before something is begun
//! that has to be taken away again, at most once a second while parts arrive, and before the file is put in its place; whoever
//! goes on asks the place what it holds.
//!
//! | key | value |
//! | --- | --- |
//! | `file-relay/relay/{id}` | a relay, with the event of its end until that is handed over; while it is under way, what the place calls the upload, which may be an address that is a secret |
//! | `file-relay/open/{id}` | a note that a tick is to look after it |
//! | `file-relay/files/{id}/{page}` | the files of a relay of many |
//! | `file-relay/outbox/…`, `file-relay/dead-letters/…` | see [`headgate_events`](headgate_events#what-the-store-holds) |

pub mod chunked;
pub mod configuration;
pub mod content;
pub mod digest;
mod faces;
pub mod file_path;
mod file_relay;
#[cfg(not(target_family = "wasm"))]
pub mod host;
mod keys;
#[cfg(not(target_family = "wasm"))]
pub mod native;
#[cfg(target_family = "wasm")]
mod no_host_place;
pub mod openapi;
pub mod place;
pub mod places;
pub mod ports;
pub mod ranges;
mod reach_tokens;
mod refusal;
pub mod relay;
pub mod request;
#[cfg(target_family = "wasm")]
pub mod spin;
#[cfg(not(target_family = "wasm"))]
mod terminal;
pub mod variables;

pub use configuration::{Configuration, ConfigurationError};
pub use file_relay::FileRelay;
pub use ports::{Beside, Computation, Ports, World};
