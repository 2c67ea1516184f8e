use std::sync::Arc;

use headgate_core::{Diagnostics, Severity};
use headgate_entra::Identities;
use headgate_events::{Outbox, OutboxPorts};

use crate::configuration::Configuration;
use crate::connections::Service;
use crate::dataverse::Api;
use crate::keys;
use crate::known_flows::KnownFlows;
use crate::misses::Misses;
use crate::ports::{Acting, Kept, Ports, World};

type WorldOutbox<W> = Outbox<
    <W as World>::Http,
    <W as World>::KeyValue,
    <W as World>::Clock,
    <W as World>::Random,
    <W as World>::Diagnostics,
    <W as World>::Outlets,
    Arc<Identities<Acting<W>>>,
>;

/// Every run in the store, and what is needed to bring one to its end.
pub(crate) struct Robots<W: World> {
    pub(crate) configuration: Configuration,
    pub(crate) ports: Kept<W>,
    pub(crate) dataverse: Api<W>,
    pub(crate) connections: Option<Service<W>>,
    pub(crate) outbox: WorldOutbox<W>,
    pub(crate) flows: KnownFlows,
    pub(crate) misses: Misses,
}

impl<W: World> Robots<W> {
    pub(crate) fn new(mut configuration: Configuration, ports: Ports<W>) -> Self {
        let Ports {
            http,
            key_value,
            clock,
            random,
            files,
            variables,
            diagnostics,
            environment,
            outlets,
            background,
        } = ports;
        let identities = Identities::<Acting<W>>::new(
            std::mem::take(&mut configuration.credentials),
            configuration.sealing.take(),
            headgate_entra::Ports {
                http: http.clone(),
                key_value: key_value.clone(),
                clock: clock.clone(),
                random: random.clone(),
                files,
                diagnostics: diagnostics.clone(),
                environment,
            },
        );
        let identities = Arc::new(identities);
        let outbox = Outbox::new(
            keys::OWNER,
            configuration.sinks.clone(),
            OutboxPorts {
                http: http.clone(),
                key_value: key_value.clone(),
                clock: clock.clone(),
                random: random.clone(),
                diagnostics: diagnostics.clone(),
                outlets,
            },
        )
        .with_tokens(Arc::clone(&identities));
        let dataverse = Api {
            identities: Arc::clone(&identities),
            http: http.clone(),
            credential: configuration.credential.clone(),
            scope: configuration.dataverse_scope.clone(),
            origin: configuration.dataverse.clone(),
        };
        let connections = configuration.connections.as_ref().map(|connections| Service {
            api: Api {
                identities,
                http: http.clone(),
                credential: configuration.credential.clone(),
                scope: connections.scope.clone(),
                origin: connections.origin.clone(),
            },
            environment: connections.environment.clone(),
            verbs: connections.verbs,
        });
        let ports = Kept { http, key_value, clock, random, variables, diagnostics, background };
        let (flows, misses) = (KnownFlows::default(), Misses::default());
        Self { configuration, ports, dataverse, connections, outbox, flows, misses }
    }

    pub(crate) fn warn(&self, message: &dyn std::fmt::Display) {
        self.ports.diagnostics.report(Severity::Warning, message);
    }
}
