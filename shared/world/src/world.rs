use headgate_core::{Background, Clock, Diagnostics, HttpClient, KeyValue, Random, Timer};
use headgate_events::{Outbox, Outlets, Tokens};

/// One choice of ports: that of a host, or of a test. A clone of a port is the same port.
pub trait World: Send + Sync + 'static {
    /// Calls whom the function calls, and sinks.
    type Http: HttpClient + Clone + 'static;
    /// Holds what all instances share: the function's own records, and the outbox.
    type KeyValue: KeyValue + Clone + 'static;
    /// Tells the time and waits.
    type Clock: Clock + Timer + std::clone::Clone + 'static;
    /// Makes events' ids, and spreads attempts.
    type Random: Random + Clone + 'static;
    /// Tells the operator what does not work.
    type Diagnostics: Diagnostics + Clone + 'static;
    /// Reaches the sinks that are not HTTP.
    type Outlets: Outlets + Clone + 'static;
    /// Gives tokens for the sinks that name a credential.
    type Tokens: Tokens + Clone + 'static;
    /// Goes on beside the requests, most often with a delivery.
    type Background: Background + 'static;
}

/// The outbox of a function in this world.
pub type WorldOutbox<W> = Outbox<
    <W as World>::Http,
    <W as World>::KeyValue,
    <W as World>::Clock,
    <W as World>::Random,
    <W as World>::Diagnostics,
    <W as World>::Outlets,
    <W as World>::Tokens,
>;
