//! What is done about a run: each step reads the record, asks the pure decision, and stores what came of it.

mod advance;
mod look;
mod record;
mod send;
mod throttle;
mod tick;

pub(crate) use record::{Held, RecordError};
