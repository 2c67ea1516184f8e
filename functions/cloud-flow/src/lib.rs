//! Calls cloud flows of Power Automate by their trigger "When an HTTP request is received", as an identity of Entra, and
//! waits for their answers (contracts, Power Platform §3).
//!
//! - [`flows`] is the document of flows: where each is, and who calls it.
//! - [`refusal`] tells what Power Automate itself says from what a flow answers, and says what to fix: pure.
//! - [`location`] judges where a flow wants its answer to be fetched: pure.
//! - [`run`] is what the store holds of a run that goes on: its address is sealed with the run's id, which the store does
//!   not hold.
//! - `call` sends a request to a flow, `follow` waits for a run's answer, and `faces` answers requests.
//!
//! The function around it is [`CloudFlow`].

mod call;
mod caller_answer;
pub mod cloud;
mod cloud_flow;
pub mod configuration;
mod desk;
mod examined;
mod faces;
pub mod flows;
mod follow;
pub mod location;
#[cfg(not(target_family = "wasm"))]
pub mod native;
pub mod openapi;
pub mod ports;
pub mod refusal;
mod reply;
mod retry_after;
pub mod run;
pub mod run_id;
#[cfg(target_family = "wasm")]
pub mod spin;
pub mod variables;
mod who_may_call;

pub use cloud_flow::CloudFlow;
pub use configuration::{Configuration, ConfigurationError};
pub use ports::{Ports, World};
