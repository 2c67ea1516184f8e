//! What a function does that sends requests on: from the caller's request to another host's, and from its response to the
//! caller's (RFC 9110 §7.6). Pure.
//!
//! A [`Destination`] is where requests go; no path leads out of it. [`forwarded_headers`] and [`caller_response`] leave out
//! what belongs to one connection.

mod destination;
mod forwarded;
mod hop_by_hop;
mod public_address;
mod request;
mod response;

pub use destination::{Destination, PathEscapes, escapes};
pub use hop_by_hop::remove_hop_by_hop;
pub use public_address::{has_private_address, is_public};
pub use request::{end_to_end_headers, forwarded_headers, has_content, wants_upgrade};
pub use response::caller_response;
