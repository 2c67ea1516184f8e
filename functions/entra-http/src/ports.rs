//! What the function reaches of the world.

pub use headgate_entra::World;

/// What the function reaches of the world.
pub struct Ports<W: World> {
    /// What the function has in common with its identities.
    pub acting: headgate_entra::Ports<W>,
    /// The same client, but for hosts whose names lead to public addresses alone. Where the host itself keeps a component to
    /// the hosts that it declares, it is that of `acting` again.
    pub public_http: W::Http,
}
