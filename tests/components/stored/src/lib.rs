//! A component that shows its key-value store to whoever asks: for the tests of stores.
//!
//! The header `key` says which key. `GET /value`, `PUT /value` and `DELETE /value` are what they say; `GET /keys` lists
//! the keys that begin with `key`; `POST /swap` puts the body there if what is there is the header `expected`, in
//! hexadecimal digits, or nothing without that header; `POST /add` adds one by compare-and-swap. Empty on other targets.

#[cfg(target_family = "wasm")]
mod component;
