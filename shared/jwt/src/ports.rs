//! What judging reaches of the world.

use headgate_core::{Clock, Diagnostics, HttpClient, KeyValue, Timer};

/// What judging reaches of the world. A function implements it for the ports that it has.
///
/// Each method gives the same port every time.
pub trait Ports: Send + Sync {
    /// Fetches discovery documents and JWK Sets.
    type Http: HttpClient;
    /// Shares issuers' keys between instances, and between functions on one store.
    type KeyValue: KeyValue;
    /// Tells the time and waits.
    type Clock: Clock + Timer;
    /// Tells the operator what does not work.
    type Diagnostics: Diagnostics;

    /// What fetches discovery documents and JWK Sets.
    fn http(&self) -> &Self::Http;

    /// Where issuers' keys are shared.
    fn key_value(&self) -> &Self::KeyValue;

    /// What tells the time and waits.
    fn clock(&self) -> &Self::Clock;

    /// What tells the operator what does not work.
    fn diagnostics(&self) -> &Self::Diagnostics;
}
