//! The function as its callers see it, between places in memory that fail in every way in which places do.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "this is a test")]

mod chunks;
mod contract;
mod crash_points;
mod early;
mod ends;
mod faults;
mod leases;
mod lengths;
mod memory_place;
mod relays;
mod town;
