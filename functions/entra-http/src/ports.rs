//! What the function reaches of the world.

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

/// What the function reaches of the world.
pub struct Ports<W: World> {
    /// What the function has in common with its identities.
    pub acting: headgate_entra::Ports<W>,
    /// The same client, but for hosts whose names lead to public addresses alone. Where the host itself keeps a component to
    /// the hosts that it declares, it is that of `acting` again.
    pub public_http: W::Http,
}
