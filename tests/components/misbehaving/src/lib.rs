//! A component that does on request what a host must survive, and shows what a host gives: for the local host's tests.
#![cfg_attr(
    target_family = "wasm",
    allow(
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::unwrap_used,
        missing_docs,
        reason = "a component for tests, whose panics are what is tested, and generated bindings"
    )
)]

#[cfg(target_family = "wasm")]
mod bindings;
#[cfg(target_family = "wasm")]
mod component;
