//! Every credential against the strict stand-ins of `headgate-peers`, over loopback.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "clippy's allowance for tests covers test functions and not what they share"
)]

mod application;
mod caching;
mod identity;
mod sharing;
mod sinks;
mod support;
mod users;
