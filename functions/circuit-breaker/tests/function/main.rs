//! The function in this process, on fakes: every face, every refusal, several instances, and crashes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "this is a test"
)]

mod backends;
mod configuration;
mod contract;
mod crashes;
mod forwarding;
mod gathering;
mod instances;
mod net;
mod outcomes;
mod pools;
mod proxy;
mod streaming;
mod tick;
mod town;
