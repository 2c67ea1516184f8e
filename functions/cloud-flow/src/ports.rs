//! What the function reaches of the world.

use std::marker::PhantomData;

use headgate_core::{Clock, Diagnostics, Files, HttpClient, KeyValue, Random, Timer};
use headgate_entra::Environment;

/// One choice of ports: that of a host, or of a test. A clone of a port is the same port.
pub trait World: Send + Sync + 'static {
    /// Calls flows and whoever gives tokens.
    type Http: HttpClient + Clone + 'static;
    /// Keeps runs that go on, for all instances.
    type KeyValue: KeyValue + Clone + 'static;
    /// Tells the time and waits.
    type Clock: Clock + Timer + std::clone::Clone + 'static;
    /// Makes runs' ids.
    type Random: Random + Clone + 'static;
    /// Reads certificates and assertions.
    type Files: Files + 'static;
    /// Tells the operator what does not work.
    type Diagnostics: Diagnostics + Clone + 'static;
    /// Says what the platform set for every process on it.
    type Environment: Environment + 'static;
}

/// What the function reaches of the world.
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

/// The part of a world that credentials need.
pub(crate) struct Acting<W>(PhantomData<fn() -> W>);

impl<W: World> headgate_entra::World for Acting<W> {
    type Http = W::Http;
    type KeyValue = W::KeyValue;
    type Clock = W::Clock;
    type Random = W::Random;
    type Files = W::Files;
    type Diagnostics = W::Diagnostics;
    type Environment = W::Environment;
}

/// The ports of a function once its identities have theirs.
pub(crate) struct Kept<W: World> {
    pub(crate) http: W::Http,
    pub(crate) key_value: W::KeyValue,
    pub(crate) clock: W::Clock,
    pub(crate) random: W::Random,
    pub(crate) diagnostics: W::Diagnostics,
}

impl<W: World> headgate_jwt::Ports for Kept<W> {
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
