//! Power Automate as the caller of a cloud flow's trigger "When an HTTP request is received" sees it (contracts, Power Platform
//! §3): who may call, the answer at once or later at the address that a 202 names, and its refusals.
//!
//! It refuses a token whose audience lacks the slash at its end, that has expired, is of another tenant or of somebody who is
//! not among the trigger's users; a signature that is wrong; and a signature and a token together, at the trigger and at the
//! address of an answer.

mod config;
mod run;
mod service;
mod token;

pub use config::{CloudFlow, Does, FlowAnswer, MayCall, PowerAutomateConfig};
pub use service::{PowerAutomate, PowerAutomateRunning};
pub use token::Trusted;
