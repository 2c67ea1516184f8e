use std::sync::Arc;

use headgate_core::{Diagnostics, Severity};
use headgate_entra::Identities;
use headgate_events::Records;
use headgate_world::{OwnOutbox, OwnPorts};

use crate::configuration::Configuration;
use crate::connections::Service;
use crate::dataverse::Api;
use crate::keys;
use crate::known_flows::KnownFlows;
use crate::misses::Misses;
use crate::ports::{Ports, World};
use crate::run::Run;

type WorldOutbox<W> = OwnOutbox<W, <W as World>::Outlets, Arc<Identities<W>>>;

/// A run as it was last seen in the store.
pub(crate) type Held = headgate_events::Held<Run>;

/// Every run in the store, and what is needed to bring one to its end.
pub(crate) struct Robots<W: World> {
    pub(crate) configuration: Configuration,
    pub(crate) ports: OwnPorts<W>,
    pub(crate) variables: W::Variables,
    pub(crate) dataverse: Api<W>,
    pub(crate) connections: Option<Service<W>>,
    pub(crate) runs: Records<Run, WorldOutbox<W>, W::Background>,
    pub(crate) outbox: Arc<WorldOutbox<W>>,
    pub(crate) flows: KnownFlows,
    pub(crate) misses: Misses,
}

impl<W: World> Robots<W> {
    pub(crate) fn new(mut configuration: Configuration, ports: Ports<W>) -> Self {
        let Ports { acting, variables, outlets, background } = ports;
        let ports = OwnPorts::beside(&acting);
        let credentials = std::mem::take(&mut configuration.credentials);
        let identities = Identities::new(credentials, configuration.sealing.take(), acting);
        let identities = Arc::new(identities);
        let sinks = configuration.sinks.clone();
        let outbox = ports.outbox(keys::OWNER, sinks, outlets, Arc::clone(&identities));
        let outbox = Arc::new(outbox);
        let source = configuration.source.clone();
        let runs = Records::new(keys::RUNS, source, Arc::clone(&outbox), background);
        let dataverse = Api {
            identities: Arc::clone(&identities),
            http: ports.http.clone(),
            credential: configuration.credential.clone(),
            scope: configuration.dataverse_scope.clone(),
            origin: configuration.dataverse.clone(),
        };
        let connections = configuration.connections.as_ref().map(|connections| Service {
            api: Api {
                identities,
                http: ports.http.clone(),
                credential: configuration.credential.clone(),
                scope: connections.scope.clone(),
                origin: connections.origin.clone(),
            },
            environment: connections.environment.clone(),
            verbs: connections.verbs,
        });
        let (flows, misses) = (KnownFlows::default(), Misses::default());
        Self {
            configuration,
            ports,
            variables,
            dataverse,
            connections,
            runs,
            outbox,
            flows,
            misses,
        }
    }

    pub(crate) fn warn(&self, message: &dyn std::fmt::Display) {
        self.ports.diagnostics.report(Severity::Warning, message);
    }
}
