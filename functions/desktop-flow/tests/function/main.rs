//! The function on fakes, in front of the strict Dataverse and connections API of `headgate-peers` as functions of a request:
//! no socket, no clock, no chance.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "what goes wrong in a test has to stop it"
)]

mod configuration;
mod connections;
mod contract;
mod crash_points;
mod doubt;
mod events;
mod identity;
mod lists;
mod net;
mod one_robot;
mod pacing;
mod runs;
mod town;
