//! A drive of Microsoft Graph, as the strict stand-in of the peers is one (contracts, Power Platform §5.1).
#![cfg(not(target_family = "wasm"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "this is a test"
)]

mod listing;
mod reading;
mod town;
mod trouble;
mod writing;
