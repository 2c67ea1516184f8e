//! A component that answers 200 with an empty body to anything: the floor that others are measured against, and the
//! component that stands behind a middleware in tests.

#[cfg(target_family = "wasm")]
mod component;
