//! Strict fakes of the ports, named by behaviour.
//!
//! A fake refuses what it was not told to expect, and fails the test for what it expected and did not get. None of them
//! reads a clock, sleeps, or opens a socket, so a test that uses them gives the same answer each time. The one exception
//! is [`LambdaRuntimeApi`], which stands before a process and has to.
//!
//! Fakes are cheap to clone, and a clone is the same fake: the test keeps one to steer and to count by, and gives the
//! other to the code under test.

mod answer;
mod answered;
mod contract;
mod counting_random;
mod fixed_variables;
mod gate;
mod lambda_runtime_api;
mod manual_clock;
mod memory_diagnostics;
mod memory_files;
mod memory_key_value;
mod memory_log;
mod never_http;
mod pause;
mod replay_http;
mod tasks;
mod token_key;
mod unpoisoned;
mod unsteady_key_value;

pub use answer::Answer;
pub use answered::Answered;
pub use contract::{Contract, Operation};
pub use counting_random::CountingRandom;
pub use fixed_variables::FixedVariables;
pub use gate::Gate;
pub use lambda_runtime_api::{InvocationError, LambdaRuntimeApi};
pub use manual_clock::ManualClock;
pub use memory_diagnostics::MemoryDiagnostics;
pub use memory_files::MemoryFiles;
pub use memory_key_value::MemoryKeyValue;
pub use memory_log::MemoryLog;
pub use never_http::NeverHttp;
pub use pause::{interleaved, now, pause};
pub use replay_http::{Expectation, ReplayHttp};
pub use tasks::{Task, Tasks};
pub use token_key::TokenKey;
pub use unsteady_key_value::{Crash, UnsteadyKeyValue};
