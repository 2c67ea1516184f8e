//! One case, every host; end to end with real peers.
//!
//! The package holds what the tests under `tests/` are made of: [`case`] reads a directory of facts, [`forge`] makes the
//! keys and the tokens that its recipes describe, [`authority`] publishes the keys, [`face`] puts a case's question in
//! each of the ways in which the function can be asked, and [`host`] runs the function in each of the places where it
//! can run. [`peer`] starts
//! the programs of others that the end-to-end tests speak with.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "this package is tests: what goes wrong here has to stop one"
)]

pub mod authority;
pub mod breaker;
pub mod case;
pub mod dice;
pub mod face;
pub mod forge;
pub mod host;
pub mod peer;
pub mod relay;
pub mod story;
pub mod wire;
