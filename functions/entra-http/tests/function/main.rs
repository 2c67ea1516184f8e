//! The function in this process: on fakes, and with strict peers over loopback.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "this is a test"
)]

mod bodies;
mod configuration;
mod consent;
mod contract;
mod forwarding;
mod lists;
mod net;
mod peers;
mod presets;
mod redirects;
mod ssrf;
mod tokens;
mod town;
