//! The function in this process, on fakes: every route, every refusal, several instances, and crashes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "this is a test"
)]

mod configuration;
mod contract;
mod crashes;
mod events;
mod instances;
mod net;
mod refusals;
mod routes;
mod town;
