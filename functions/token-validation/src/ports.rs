//! What the function reaches of the world.

use headgate_core::{Background, Clock, Diagnostics, HttpClient, KeyValue, Timer};

/// One choice of ports: that of a host, or of a test.
pub trait World: Send + Sync + 'static {
    /// Fetches discovery documents and JWK Sets, and reports attempts with expired tokens.
    type Http: HttpClient;
    /// Shares issuers' keys between instances.
    type KeyValue: KeyValue;
    /// Tells the time and waits.
    type Clock: Clock + Timer;
    /// Tells the operator what does not work.
    type Diagnostics: Diagnostics;
    /// Reports attempts beside the requests.
    type Background: Background;
}

/// What token validation reaches of the world.
pub struct Ports<W: World> {
    /// Fetches discovery documents and JWK Sets, and reports attempts with expired tokens.
    pub http: W::Http,
    /// Shares issuers' keys between instances.
    pub key_value: W::KeyValue,
    /// Tells the time and waits.
    pub clock: W::Clock,
    /// Tells the operator what does not work.
    pub diagnostics: W::Diagnostics,
    /// Reports attempts beside the requests.
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
