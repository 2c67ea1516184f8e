//! token-validation as a component. Empty on other targets.
//!
//! The entry is a package of its own because whatever links a crate with an entry exports it: the middleware could not
//! use the function's code otherwise.

#[cfg(target_family = "wasm")]
mod spin;
