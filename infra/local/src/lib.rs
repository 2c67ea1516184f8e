//! The local host: wasmtime serving an application manifest over HTTP.
//!
//! It runs what `spin up` would run from the same file, for a developer who has no Spin and for tests in process:
//! components of WASI 0.2 and 0.3 with `wasi:http`, `wasi:keyvalue`, `wasi:config`, `spin:variables`,
//! `spin:key-value` and `spin:redis`. What a manifest says and this host does not do is an error, never ignored.
//!
//! A guest reaches what its manifest declares and nothing else, and its CPU time, memory, tables, handles and bodies are
//! bounded ([`Limits`]). Instances are reused, also by several requests at a time; a trap ends one instance, and is
//! answered 500 to the request that caused it. Of the others in that instance, those without an answer yet are
//! repeated, which is safe because only repeatable requests share one; an answer whose body was still on its way breaks
//! off.
//!
//! [`LocalHost`] is the way in.

mod allowed_hosts;
mod application;
mod component;
mod compose;
mod connection_headers;
mod engine;
mod error;
mod guest;
mod instances;
mod limits;
mod line_writer;
mod load;
mod local_host;
mod manifest;
mod mounts;
mod outbound;
mod output;
mod period;
mod redis_connections;
mod request_log;
mod route;
mod running;
mod server;
mod spin_headers;
mod stopwatch;
mod store;
mod template;
mod tick;

pub use allowed_hosts::AllowedHostError;
pub use application::ApplicationError;
pub use compose::ComposeError;
pub use error::LocalHostError;
pub use limits::Limits;
pub use local_host::LocalHost;
pub use manifest::ManifestError;
pub use outbound::TlsError;
pub use output::{LineSink, Stream};
pub use request_log::{LogSink, RequestLog};
pub use route::RouteError;
pub use running::{Drained, Running};
pub use spin_headers::SpinHeaders;
pub use store::StateError;
pub use template::TemplateError;
