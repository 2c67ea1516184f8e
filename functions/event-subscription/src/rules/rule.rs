use std::fmt;
use std::time::Duration;

use headgate_core::Timeout;
use headgate_events::{Endpoint, Event, Filter, Sink};
use http::HeaderMap;

/// What is done about which events.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// The name in the document: 1 to 64 letters, digits, `-` and `_`.
    pub name: String,
    /// Which events it is for.
    pub when: Filter,
    /// The handler.
    pub then: Then,
}

/// What is done about an event.
#[derive(Clone, Debug, PartialEq)]
pub enum Then {
    /// It is sent to an address.
    Webhook(Webhook),
    /// A function of the collection is called with it.
    Function(FunctionCall),
    /// It goes to a sink, by way of the outbox.
    Sink(Box<Sink>),
}

/// An address that takes events.
#[derive(Clone, PartialEq, Eq)]
pub struct Webhook {
    /// The address.
    pub address: Endpoint,
    /// What is sent besides the event.
    pub headers: HeaderMap,
    /// The form in which it takes an event.
    pub mode: Mode,
    /// How long a call may take.
    pub timeout: Timeout,
}

/// A call of a function of the collection, with the event in structured mode.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionCall {
    /// The address: that of the collection, the function's name, and the path.
    pub address: Endpoint,
    /// How long a call may take.
    pub timeout: Timeout,
}

/// The form in which a webhook takes an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// As JSON.
    Structured,
    /// In headers and body.
    Binary,
}

impl Rule {
    /// Whether the event is owed to the rule's handler. A sink's own filter counts too.
    #[must_use]
    pub fn takes(&self, event: &Event) -> bool {
        let passes = match &self.then {
            Then::Webhook(_) | Then::Function(_) => true,
            Then::Sink(sink) => sink.filter.passes(event),
        };
        passes && self.when.passes(event)
    }

    /// How long running its handler takes at most, besides the calls to the store.
    #[must_use]
    pub fn longest(&self) -> Duration {
        let timeout = match &self.then {
            Then::Webhook(webhook) => webhook.timeout,
            Then::Function(function) => function.timeout,
            // Putting an event into the outbox is a call to the store.
            Then::Sink(_) => return Duration::ZERO,
        };
        timeout.connect.saturating_add(timeout.first_byte)
    }
}

/// Shows the headers' names and no value: they hold secrets.
impl fmt::Debug for Webhook {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Webhook")
            .field("address", &self.address)
            .field("headers", &self.headers.keys().collect::<Vec<_>>())
            .field("mode", &self.mode)
            .field("timeout", &self.timeout)
            .finish()
    }
}
