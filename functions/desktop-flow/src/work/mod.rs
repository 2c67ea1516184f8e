//! What is done about a run: each step reads the record, asks the pure decision, and stores what came of it.

mod advance;
mod look;
mod send;
mod throttle;
mod tick;
