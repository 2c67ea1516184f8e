use headgate_core::{Clock, Diagnostics, Files, HttpClient, KeyValue, Random, Timer};

use crate::Environment;

/// One choice of ports: that of a host, or of a test. A clone of a port is the same port.
pub trait World: Send + Sync + 'static {
    /// Calls token endpoints, the platform's identity endpoints, and addresses of assertions.
    type Http: HttpClient + Clone;
    /// Shares sealed tokens between instances, and keeps who has signed in.
    type KeyValue: KeyValue + Clone;
    /// Tells the time and waits.
    type Clock: Clock + Timer + Clone;
    /// Makes nonces, ids and jitter.
    type Random: Random + Clone;
    /// Reads certificates and assertions.
    type Files: Files;
    /// Tells the operator what does not work.
    type Diagnostics: Diagnostics + Clone;
    /// Says what the platform set for every process on it.
    type Environment: Environment;
}

/// What the credentials reach of the world.
#[expect(missing_docs, reason = "World says it")]
pub struct Ports<W: World> {
    pub http: W::Http,
    pub key_value: W::KeyValue,
    pub clock: W::Clock,
    pub random: W::Random,
    pub files: W::Files,
    pub diagnostics: W::Diagnostics,
    pub environment: W::Environment,
}
