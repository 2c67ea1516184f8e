//! What the function reaches of the world.

use std::marker::PhantomData;

use headgate_core::{Background, Clock, Diagnostics, Files, HttpClient, KeyValue, Random, Timer};
use headgate_entra::{AccessToken, Environment, Identities, Scope, TokenError};
use headgate_events::Outlets;

use crate::place::Storage;

/// One choice of ports: that of a host, or of a test. A clone of a port is the same port.
pub trait World: Send + Sync + 'static {
    /// Calls places, whoever gives tokens, and sinks.
    type Http: HttpClient + Clone + 'static;
    /// Shares relays and the outbox between instances.
    type KeyValue: KeyValue + Clone + 'static;
    /// Tells the time and waits.
    type Clock: Clock + Timer + std::clone::Clone + 'static;
    /// Makes ids and secrets.
    type Random: Random + Clone + 'static;
    /// Reads certificates, keys and assertions.
    type Files: Files + Clone + 'static;
    /// Tells the operator what does not work.
    type Diagnostics: Diagnostics + Clone + 'static;
    /// Says what the platform set for every process on it.
    type Environment: Environment + Clone + 'static;
    /// Reaches the sinks that are not HTTP.
    type Outlets: Outlets + Clone + 'static;
    /// Carries files beside and after the requests.
    type Background: Background + Clone + 'static;
    /// The places of the host itself: what is not reached over HTTP.
    type HostPlace: Storage + 'static;
}

/// What the function reaches of the world.
#[expect(missing_docs, reason = "World says it")]
pub struct Ports<W: World> {
    pub http: W::Http,
    /// The same, but for hosts whose names lead to public addresses alone. Where the host itself keeps a component to the
    /// hosts that it declares, it is `http` again.
    pub public_http: W::Http,
    pub key_value: W::KeyValue,
    pub clock: W::Clock,
    pub random: W::Random,
    pub files: W::Files,
    pub diagnostics: W::Diagnostics,
    pub environment: W::Environment,
    pub outlets: W::Outlets,
    pub background: W::Background,
}

/// The part of a world that credentials need.
pub struct Acting<W>(PhantomData<fn() -> W>);

impl<W: World> headgate_entra::World for Acting<W> {
    type Http = W::Http;
    type KeyValue = W::KeyValue;
    type Clock = W::Clock;
    type Random = W::Random;
    type Files = W::Files;
    type Diagnostics = W::Diagnostics;
    type Environment = W::Environment;
}

/// What places reach of the world.
pub struct Reach<W: World> {
    /// Calls hosts that may have private addresses.
    pub http: W::Http,
    /// Calls hosts that have public addresses alone.
    pub public_http: W::Http,
    /// Tells the time: requests are signed with it.
    pub clock: W::Clock,
    /// Has tokens.
    pub identities: Identities<Acting<W>>,
}

impl<W: World> Reach<W> {
    /// The client for a place.
    pub const fn client(&self, private_network: bool) -> &W::Http {
        if private_network { &self.http } else { &self.public_http }
    }

    /// A token of a credential.
    ///
    /// # Errors
    ///
    /// What [`Identities::token`] says.
    pub async fn token(&self, credential: &str, scope: &Scope) -> Result<AccessToken, TokenError> {
        self.identities.token(credential, scope).await
    }
}
