use headgate_core::{Diagnostics, KeyValue, KeyValueError, Severity, Swap};
use headgate_entra::Identities;
use headgate_world::OwnPorts;

use crate::configuration::Configuration;
use crate::ports::{Ports, World};
use crate::run::{RECORDS, Run};
use crate::run_id::RunId;

/// What every request has at hand.
pub(crate) struct Desk<W: World> {
    pub(crate) configuration: Configuration,
    pub(crate) identities: Identities<W>,
    pub(crate) ports: OwnPorts<W>,
}

/// A record and the bytes that it stands in the store as.
pub(crate) struct Record {
    pub(crate) run: Run,
    pub(crate) bytes: Vec<u8>,
}

impl<W: World> Desk<W> {
    pub(crate) fn new(mut configuration: Configuration, ports: Ports<W>) -> Self {
        let own = OwnPorts::beside(&ports);
        let credentials = std::mem::take(&mut configuration.credentials);
        let identities = Identities::new(credentials, configuration.sealing.clone(), ports);
        Self { configuration, identities, ports: own }
    }

    pub(crate) fn warn(&self, message: &dyn std::fmt::Display) {
        self.ports.diagnostics.report(Severity::Warning, message);
    }

    /// The record of a run; `None` when there is none that this version reads.
    pub(crate) async fn read(&self, id: &RunId) -> Result<Option<Record>, KeyValueError> {
        let bytes = self.ports.key_value.get(&key(id)).await?;
        Ok(bytes.and_then(|bytes| Run::decode(&bytes).map(|run| Record { run, bytes })))
    }

    /// Puts a record where `before` is, and nothing when something else is there.
    pub(crate) async fn put(
        &self,
        id: &RunId,
        before: Option<&[u8]>,
        run: &Run,
    ) -> Result<Option<Vec<u8>>, KeyValueError> {
        let bytes = run.encode();
        let swap = self.ports.key_value.compare_and_swap(&key(id), before, &bytes).await?;
        Ok((swap == Swap::Stored).then_some(bytes))
    }

    pub(crate) async fn forget(&self, id: &RunId) -> Result<(), KeyValueError> {
        self.ports.key_value.delete(&key(id)).await
    }
}

fn key(id: &RunId) -> String {
    format!("{RECORDS}{}", id.hash())
}
