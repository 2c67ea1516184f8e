//! A middleware that marks what passes through it: for tests of composition.

#[cfg(target_family = "wasm")]
mod component;
