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
