//! The function on fakes but for HTTP, whose peers refuse what Entra and Power Automate refuse.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "this is a test"
)]

mod access;
mod answers;
mod contract;
mod refusals;
mod runs;
mod tenant;
