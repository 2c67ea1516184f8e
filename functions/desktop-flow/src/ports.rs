//! What the function reaches of the world.

use headgate_core::{Background, Variables};
use headgate_events::Outlets;

/// One choice of ports: what the function has in common with its identities, and what it has beside. A clone of a port is
/// the same port.
pub trait World: headgate_entra::World {
    /// Gives the secrets that connections refer to.
    type Variables: Variables;
    /// Reaches the sinks that are not HTTP.
    type Outlets: Outlets + Clone;
    /// Delivers events to sinks beside the requests.
    type Background: Background;
}

/// What the function reaches of the world.
#[expect(missing_docs, reason = "World says it")]
pub struct Ports<W: World> {
    /// What the function has in common with its identities.
    pub acting: headgate_entra::Ports<W>,
    pub variables: W::Variables,
    pub outlets: W::Outlets,
    pub background: W::Background,
}
