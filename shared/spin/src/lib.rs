//! The ports on spin-sdk and `wasi:*` interfaces, and what a component's entry needs; empty on other targets.
//!
//! A component of a function is two lines: a static [`Component`], and [`serve!`] that exports it. The futures of every port are `Send`, which the compiler checks here.

#![cfg(target_family = "wasm")]

mod component;
mod entropy;
mod guest_files;
#[cfg(headgate_host_sha256)]
mod host_sha256;
mod incoming_content;
mod incoming_request;
mod next_handler;
mod outbound_http;
mod outgoing_response;
mod ports;
mod redis_key_value;
mod spin_store;
mod spin_variables;
mod stderr_log;
mod task_background;
mod wasi_clock;
mod wasi_key_value;

pub use component::Component;
pub use entropy::Entropy;
pub use guest_files::GuestFiles;
pub use headgate_events::Stdout as SpinOutlets;
#[cfg(headgate_host_sha256)]
pub use host_sha256::sha256_compress;
pub use next_handler::NextHandler;
pub use outbound_http::OutboundHttp;
pub use ports::SpinPorts;
pub use redis_key_value::RedisKeyValue;
pub use spin_sdk;
pub use spin_store::{ComponentStore, SpinStore, StoreError};
pub use spin_variables::SpinVariables;
pub use stderr_log::StderrLog;
pub use task_background::TaskBackground;
pub use wasi_clock::WasiClock;
pub use wasi_key_value::WasiKeyValue;
