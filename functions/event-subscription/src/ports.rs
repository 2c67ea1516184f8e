//! What the function reaches of the world.

use headgate_core::{Clock, Diagnostics, HttpClient, KeyValue, Timer};
use headgate_events::Outlets;

/// One choice of ports: that of a host, or of a test.
pub trait World: Send + Sync + 'static {
    /// Calls handlers, and Event Grid to complete a handshake.
    type Http: HttpClient;
    /// Holds what was received and what is still owed.
    type KeyValue: KeyValue;
    /// Tells the time and waits.
    type Clock: Clock + Timer;
    /// Tells the operator what does not work.
    type Diagnostics: Diagnostics;
    /// Reaches the sinks that are not HTTP.
    type Outlets: Outlets;
}

/// What an event subscription reaches of the world.
#[expect(missing_docs, reason = "World says it")]
pub struct Ports<W: World> {
    pub http: W::Http,
    pub key_value: W::KeyValue,
    pub clock: W::Clock,
    pub diagnostics: W::Diagnostics,
    pub outlets: W::Outlets,
}

impl<W: World> headgate_jwt::Ports for Ports<W> {
    type Http = W::Http;
    type KeyValue = W::KeyValue;
    type Clock = W::Clock;
    type Diagnostics = W::Diagnostics;

    fn http(&self) -> &W::Http {
        &self.http
    }

    fn key_value(&self) -> &W::KeyValue {
        &self.key_value
    }

    fn clock(&self) -> &W::Clock {
        &self.clock
    }

    fn diagnostics(&self) -> &W::Diagnostics {
        &self.diagnostics
    }
}
