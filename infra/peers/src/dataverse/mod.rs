//! An environment's Dataverse as a caller of desktop flows sees it (contracts §1): flows and their schemas, `RunDesktopFlow`,
//! flow sessions, outputs, cancelling, and the callbacks when a session ends.
//!
//! It refuses what the real service refuses: a token for somebody else, a missing OData header, inputs that are not JSON in a
//! string, a parameter of another name or type, a callback that is not https with a DNS name, more than 70 runs a minute on
//! one connection. Starting a robot has no idempotency: each request that arrives starts one, whether its answer arrives or
//! not.
//!
//! Robots and callbacks are real only as far as a test sees them, and callbacks are made over plain HTTP to this machine alone.

mod callbacks;
mod config;
mod query;
mod refused;
mod run;
mod service;
mod session;

pub use crate::bearer::Bearers;
pub use callbacks::get_json;
pub use config::{DataverseConfig, DesktopFlow, Ending, Ends};
pub use service::{Dataverse, DataverseRunning};
pub use session::{Callback, Session};
