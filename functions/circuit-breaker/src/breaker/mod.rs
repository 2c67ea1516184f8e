//! A backend's breaker as one instance has it: what is known of the record that all instances share, and the outcomes
//! that are not counted yet.

mod breakers;
mod change;
mod count;
mod event;
mod known;
mod memory;
mod queue;
mod tick;
mod turns;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub(crate) use breakers::{Breakers, Named};
pub(crate) use change::From;
pub(crate) use known::Known;

use memory::Memory;
use turns::Turns;

use crate::backends::{Backend, BackendName};
use crate::proxy::Destination;

/// One backend's breaker.
#[derive(Debug)]
pub(crate) struct Breaker {
    /// The backend.
    pub(crate) backend: Arc<Backend>,
    /// Where it is.
    pub(crate) destination: Destination,
    /// Where its record is.
    key: String,
    memory: Mutex<Memory>,
    turns: Turns,
}

/// Where the records are.
const RECORDS: &str = "breaker/";

impl Breaker {
    fn new(backend: Arc<Backend>, destination: Destination) -> Self {
        let key = key(&backend.name);
        Self { backend, destination, key, memory: Mutex::default(), turns: Turns::default() }
    }

    /// What one that panicked has left is complete: each change of a memory is one assignment after the other.
    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Names that differ in case alone are the same, so the key has lower case.
fn key(name: &BackendName) -> String {
    format!("{RECORDS}{}", name.as_str().to_ascii_lowercase())
}
