//! What the function reaches of the world.

use headgate_core::{Background, Clock, Diagnostics, HttpClient, KeyValue, Random, Timer};
use headgate_events::{Outlets, Tokens};

/// One choice of ports: that of a host, or of a test. A clone of a port is the same port.
pub trait World: Send + Sync + 'static {
    /// Calls backends and sinks.
    type Http: HttpClient + Clone + 'static;
    /// Shares breakers' states and the outbox between instances.
    type KeyValue: KeyValue + Clone + 'static;
    /// Tells the time and waits.
    type Clock: Clock + Timer + std::clone::Clone + 'static;
    /// Chooses pools' members and makes events' ids.
    type Random: Random + Clone + 'static;
    /// Tells the operator what does not work.
    type Diagnostics: Diagnostics + Clone + 'static;
    /// Reaches the sinks that are not HTTP.
    type Outlets: Outlets + Clone + 'static;
    /// Gives tokens for the sinks that name a credential.
    type Tokens: Tokens + Clone + 'static;
    /// Stores outcomes and delivers events beside the requests.
    type Background: Background + 'static;
}

/// What the circuit breaker reaches of the world.
#[expect(missing_docs, reason = "World says it")]
pub struct Ports<W: World> {
    pub http: W::Http,
    pub key_value: W::KeyValue,
    pub clock: W::Clock,
    pub random: W::Random,
    pub diagnostics: W::Diagnostics,
    pub outlets: W::Outlets,
    pub tokens: W::Tokens,
    pub background: W::Background,
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
