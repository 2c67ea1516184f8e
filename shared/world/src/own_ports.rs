use headgate_entra::World;
use headgate_events::{Outbox, OutboxPorts, Sinks};

/// What a function itself reaches of the world beside its credentials, which have the ports of [`headgate_entra::Ports`].
#[expect(missing_docs, reason = "World says it")]
pub struct OwnPorts<W: World> {
    pub http: W::Http,
    pub key_value: W::KeyValue,
    pub clock: W::Clock,
    pub random: W::Random,
    pub diagnostics: W::Diagnostics,
}

impl<W: World> OwnPorts<W> {
    /// Takes clones of the ports that the credentials are about to have.
    #[must_use]
    pub fn beside(ports: &headgate_entra::Ports<W>) -> Self {
        Self {
            http: ports.http.clone(),
            key_value: ports.key_value.clone(),
            clock: ports.clock.clone(),
            random: ports.random.clone(),
            diagnostics: ports.diagnostics.clone(),
        }
    }

    /// Makes the outbox whose keys begin with `owner`, as [`Outbox::new`] does; `tokens` are for sinks that name a credential.
    #[must_use]
    pub fn outbox<O, T>(
        &self,
        owner: &'static str,
        sinks: Sinks,
        outlets: O,
        tokens: T,
    ) -> OwnOutbox<W, O, T> {
        let ports = OutboxPorts {
            http: self.http.clone(),
            key_value: self.key_value.clone(),
            clock: self.clock.clone(),
            random: self.random.clone(),
            diagnostics: self.diagnostics.clone(),
            outlets,
        };
        Outbox::new(owner, sinks, ports).with_tokens(tokens)
    }
}

/// The outbox of a function with [`OwnPorts`].
pub type OwnOutbox<W, O, T> = Outbox<
    <W as World>::Http,
    <W as World>::KeyValue,
    <W as World>::Clock,
    <W as World>::Random,
    <W as World>::Diagnostics,
    O,
    T,
>;

impl<W: World> headgate_jwt::Ports for OwnPorts<W> {
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
