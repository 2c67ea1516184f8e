//! The local host: wasmtime serving an application manifest over HTTP.
