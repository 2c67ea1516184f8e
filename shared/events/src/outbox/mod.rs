//! Delivery at least once, through the key-value store.

mod dead_letter;
mod deliver;
mod entry;
mod hand_over;
mod inspect;
mod keys;
mod limits;
mod moment;
mod pass;
mod recorded;
mod redeliver;
mod routes;

use std::fmt;

use headgate_core::{Diagnostics, Severity};

pub use dead_letter::{DeadLetter, DeadLetterReason};
pub use hand_over::{HandOverError, HandedOver};
pub use inspect::{Listing, OutboxItem, SinkState};
pub use limits::{Deliveries, Limits};
pub use recorded::{Recorded, RecordedError};
pub use redeliver::Redelivered;

use crate::sinks::Sinks;

/// What the outbox reaches of the world.
#[derive(Clone, Debug)]
pub struct OutboxPorts<H, K, C, R, D, O> {
    /// Calls sinks: [`HttpClient`](headgate_core::HttpClient).
    pub http: H,
    /// Holds what is not delivered yet: [`KeyValue`](headgate_core::KeyValue).
    pub key_value: K,
    /// Tells the time: [`Clock`](headgate_core::Clock).
    pub clock: C,
    /// Spreads attempts: [`Random`](headgate_core::Random).
    pub random: R,
    /// Tells the operator what does not arrive: [`Diagnostics`](headgate_core::Diagnostics).
    pub diagnostics: D,
    /// Reaches the sinks that are not HTTP: [`Outlets`](crate::Outlets).
    pub outlets: O,
}

/// Takes a function's events to its sinks, at least once each and never in the way of a request.
///
/// Any number of instances share one through the store. See the [crate](crate) for how it is used and what it promises.
#[derive(Clone, Debug)]
pub struct Outbox<H, K, C, R, D, O> {
    sinks: Sinks,
    ports: OutboxPorts<H, K, C, R, D, O>,
}

impl<H, K, C, R, D, O> Outbox<H, K, C, R, D, O> {
    /// Makes an outbox.
    #[must_use]
    pub const fn new(sinks: Sinks, ports: OutboxPorts<H, K, C, R, D, O>) -> Self {
        Self { sinks, ports }
    }

    /// The sinks that it serves.
    #[must_use]
    pub const fn sinks(&self) -> &Sinks {
        &self.sinks
    }
}

impl<H, K, C, R, D: Diagnostics, O> Outbox<H, K, C, R, D, O> {
    fn warn(&self, message: &dyn fmt::Display) {
        self.ports.diagnostics.report(Severity::Warning, message);
    }
}
