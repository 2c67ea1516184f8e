//! What the function reaches of the world.

use std::time::Duration;

use headgate_core::Background;
use headgate_entra::{AccessToken, Identities, Scope, TokenError};
use headgate_events::Outlets;

use crate::place::Storage;

/// What takes a processor for a while and waits for nothing.
pub type Computation = Box<dyn FnOnce() + Send>;

/// Begins a computation on another processor, or gives it back when none is free. One that was taken and is dropped
/// without being done says that the process is ending.
pub type Beside = fn(Computation) -> Result<(), Computation>;

/// One choice of ports: what the function has in common with its identities, and what it has beside. A clone of a port is
/// the same port.
pub trait World: headgate_entra::World {
    /// Reaches the sinks that are not HTTP.
    type Outlets: Outlets + Clone;
    /// Carries files beside and after the requests.
    type Background: Background + Clone;
    /// The places of the host itself: what is not reached over HTTP.
    type HostPlace: Storage;

    /// What computes beside, where there is another processor for it.
    fn beside() -> Option<Beside> {
        None
    }
}

/// What the function reaches of the world.
#[expect(missing_docs, reason = "World says it")]
pub struct Ports<W: World> {
    /// What the function has in common with its identities.
    pub acting: headgate_entra::Ports<W>,
    /// The same client, but for hosts whose names lead to public addresses alone. Where the host itself keeps a component to
    /// the hosts that it declares, it is that of `acting` again.
    pub public_http: W::Http,
    pub outlets: W::Outlets,
    pub background: W::Background,
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
    pub identities: Identities<W>,
    /// How long a place may be silent: before an answer begins, within one, and while content that is there is not taken.
    pub patience: Duration,
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
