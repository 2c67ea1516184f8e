//! From the caller's request to the backend's, and from the backend's response to the caller's: pure (RFC 9110 §7.6).

mod cookies;
mod destination;
mod forwarded;
mod hop_by_hop;
mod query;
mod request;
mod response;

pub(crate) use destination::{Destination, escapes};
pub(crate) use request::{Forwarding, backend_request, wants_upgrade};
pub(crate) use response::caller_response;
