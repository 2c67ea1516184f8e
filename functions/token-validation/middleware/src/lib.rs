//! token-validation as a middleware component: it validates, and then calls the next `wasi:http/handler`.
//!
//! A component that exports `wasi:http/handler` is composed behind it without being changed. Empty on other targets.

#[cfg(target_family = "wasm")]
mod spin;
