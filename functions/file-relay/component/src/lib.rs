//! file-relay as a component. Empty on other targets.

#[cfg(target_family = "wasm")]
mod spin;
