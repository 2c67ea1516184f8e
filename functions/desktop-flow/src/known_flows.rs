use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use headgate_core::{Clock, Timestamp};
use serde_json::Value;

use crate::dataverse::{CallError, Flow};
use crate::guid::Guid;
use crate::ports::World;
use crate::refusal::Refusal;
use crate::robots::Robots;

/// The flows that this instance has asked Dataverse for within the last minute, by how callers name them.
#[derive(Debug, Default)]
pub(crate) struct KnownFlows(Mutex<HashMap<String, (Timestamp, Arc<KnownFlow>)>>);

/// A flow, and the schema of its inputs.
#[derive(Debug)]
pub(crate) struct KnownFlow {
    pub(crate) id: Guid,
    pub(crate) name: Option<String>,
    pub(crate) schema: Option<Value>,
}

const FRESH: Duration = Duration::from_secs(60);
const MOST: usize = 256;

impl KnownFlows {
    fn get(&self, named: &str, now: Timestamp) -> Option<Arc<KnownFlow>> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, flow) = known.get(named)?;
        (now.since(*at) < FRESH && *at <= now).then(|| Arc::clone(flow))
    }

    fn put(&self, named: &str, flow: &Arc<KnownFlow>, now: Timestamp) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST {
            known.clear();
        }
        known.insert(named.to_owned(), (now, Arc::clone(flow)));
    }
}

impl<W: World> Robots<W> {
    /// Finds a flow by its id or its name, with the schema of its inputs.
    pub(crate) async fn flow(&self, named: &str) -> Result<Arc<KnownFlow>, Refusal> {
        let now = self.ports.clock.now();
        if let Some(flow) = self.flows.get(named, now) {
            return Ok(flow);
        }
        let (id, name) = match named.parse::<Guid>() {
            Ok(id) => (id, None),
            Err(_) => {
                let mut found = self.dataverse.flows_named(named).await?.into_iter();
                match (found.next(), found.next()) {
                    (Some(Flow { id, name }), None) => (id, Some(name)),
                    (None, _) => return Err(Refusal::FlowUnknown),
                    (Some(_), Some(_)) => return Err(Refusal::FlowAmbiguous),
                }
            }
        };
        let schema = match self.dataverse.input_schema(&id).await {
            Ok(schema) => schema,
            Err(CallError::Refused { status: 404, .. }) => return Err(Refusal::FlowUnknown),
            Err(error) => return Err(error.into()),
        };
        let flow = Arc::new(KnownFlow { id, name, schema });
        self.flows.put(named, &flow, now);
        Ok(flow)
    }
}
