use headgate_events::{Outbox, OutboxPorts, Sinks};

use crate::{World, WorldOutbox};

/// What a function reaches of the world.
#[expect(missing_docs, reason = "World says it")]
pub struct Ports<W: World> {
    pub http: W::Http,
    pub key_value: W::KeyValue,
    pub clock: W::Clock,
    pub random: W::Random,
    pub diagnostics: W::Diagnostics,
    pub outlets: W::Outlets,
    pub tokens: W::Tokens,
    pub background: W::Background,
}

impl<W: World> Ports<W> {
    /// Makes the outbox whose keys begin with `owner`, as [`Outbox::new`] does.
    #[must_use]
    pub fn outbox(&self, owner: &'static str, sinks: Sinks) -> WorldOutbox<W> {
        let ports = OutboxPorts {
            http: self.http.clone(),
            key_value: self.key_value.clone(),
            clock: self.clock.clone(),
            random: self.random.clone(),
            diagnostics: self.diagnostics.clone(),
            outlets: self.outlets.clone(),
        };
        Outbox::new(owner, sinks, ports).with_tokens(self.tokens.clone())
    }
}

impl<W: World> headgate_jwt::Ports for Ports<W> {
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
