//! What the function reaches of the world: what its identities do, no more.

pub use headgate_entra::Ports;

/// One choice of ports, which the function has in common with its identities: a clone of a port is the same port.
pub trait World:
    headgate_entra::World<Http: Clone, KeyValue: Clone, Clock: Clone, Random: Clone, Diagnostics: Clone>
{
}

impl<W> World for W where
    W: headgate_entra::World<
            Http: Clone,
            KeyValue: Clone,
            Clock: Clone,
            Random: Clone,
            Diagnostics: Clone,
        >
{
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
