//! From the caller's request to the backend's, and from the backend's response to the caller's: pure. What every proxy does is
//! in `headgate_proxy`.

mod cookies;
mod query;
mod request;
mod response;

pub(crate) use headgate_proxy::{Destination, escapes, wants_upgrade};
pub(crate) use request::{Forwarding, backend_request};
pub(crate) use response::caller_response;
