//! A component that does on request what a host must survive, and shows what a host gives: for the local host's tests.

#[cfg(target_family = "wasm")]
mod bindings;
#[cfg(target_family = "wasm")]
mod component;
