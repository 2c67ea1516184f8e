//! What is sent to a sink, what its answer means, and when it is tried again: pure (contracts §3.1, §3.2, §3.6).

mod classify;
mod outcome;
mod request;
mod schedule;
mod shared_access;
mod signature;

pub use classify::{classify, classify_error};
pub use outcome::{DeliveryOutcome, OutcomeName};
pub use request::{RequestError, request};
pub use schedule::{Schedule, next_attempt};
pub use shared_access::shared_access_signature;
pub use signature::{SignatureError, Signed, sign, verify};
