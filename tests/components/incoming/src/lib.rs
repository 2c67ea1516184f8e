//! A component of WASI 0.2: it answers through `wasi:http/incoming-handler`, and says which path it was asked for.

#[cfg(target_family = "wasm")]
mod component;
