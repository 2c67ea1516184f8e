//! Strict stand-ins for clouds that cannot run on a laptop: for development and tests only.
//!
//! A peer answers what the real service answers and refuses what the real service refuses, on loopback alone. What it
//! adds for a developer's or a test's convenience is named as such and never looks like the real service's own.

pub mod arm;
mod bearer;
pub mod connections;
pub mod dataverse;
pub mod entra;
pub mod graph;
pub mod identity;
pub mod issuer;
pub mod peer;
pub mod power_automate;
mod stop;

pub use bearer::{Bearers, KeysUnreadable};
pub use stop::told_to_stop;
