//! Delivery at least once, through the key-value store.

mod attempt;
mod dead_letter;
mod deliver;
mod entry;
mod hand_over;
mod inspect;
mod keys;
mod limits;
mod pass;
mod recorded;
mod records;
mod redeliver;
mod retired;
mod rounds;
mod routes;

use std::fmt;

use headgate_core::{Diagnostics, Severity};

pub use dead_letter::{DeadLetter, DeadLetterReason};
pub use hand_over::{HandOverError, HandedOver};
pub use inspect::{Listing, OutboxItem, SinkState};
pub use limits::{Deliveries, Limits};
pub use recorded::{Recorded, RecordedError, longest_event};
pub use records::{Eventful, Held, Records};
pub use redeliver::Redelivered;
pub use rounds::{ChangeError, Rounds};

use crate::sinks::Sinks;
use crate::tokens::NoTokens;
use keys::Keys;
use retired::Retired;

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
pub struct Outbox<H, K, C, R, D, O, T = NoTokens> {
    keys: Keys,
    sinks: Sinks,
    retired: Retired,
    ports: OutboxPorts<H, K, C, R, D, O>,
    tokens: T,
}

impl<H, K, C, R, D, O> Outbox<H, K, C, R, D, O> {
    /// Makes the outbox of `owner`: the function's name, which begins each of its keys. Instances of one function share
    /// an outbox, and other functions on the same store have no part in it.
    ///
    /// The name has at most 40 bytes of printable ASCII.
    #[must_use]
    pub fn new(owner: &'static str, sinks: Sinks, ports: OutboxPorts<H, K, C, R, D, O>) -> Self {
        Self { keys: Keys::of(owner), sinks, retired: Retired::default(), ports, tokens: NoTokens }
    }

    /// Gives it the [`Tokens`](crate::Tokens) for sinks that name a credential.
    #[must_use]
    pub fn with_tokens<T>(self, tokens: T) -> Outbox<H, K, C, R, D, O, T> {
        let Self { keys, sinks, retired, ports, tokens: NoTokens } = self;
        Outbox { keys, sinks, retired, ports, tokens }
    }
}

impl<H, K, C, R, D, O, T> Outbox<H, K, C, R, D, O, T> {
    /// The sinks that it serves.
    #[must_use]
    pub const fn sinks(&self) -> &Sinks {
        &self.sinks
    }
}

impl<H, K, C, R, D: Diagnostics, O, T> Outbox<H, K, C, R, D, O, T> {
    fn warn(&self, message: &dyn fmt::Display) {
        self.ports.diagnostics.report(Severity::Warning, message);
    }
}
