use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use headgate_core::Clock;
use serde_json::{Value, json};

use crate::bearer::Bearers;
use crate::issuer::{Guid, SystemClock};

/// An environment.
pub struct DataverseConfig {
    /// Where to listen: loopback alone.
    pub listen: SocketAddr,
    /// Whose tokens are taken; their audience is the environment's own address.
    pub bearers: Bearers,
    /// Its desktop flows.
    pub flows: Vec<DesktopFlow>,
    /// The connections that there are, by name.
    pub connections: Vec<String>,
    /// The connection references that there are, by logical name.
    pub references: Vec<String>,
    /// How many runs a connection takes within a minute.
    pub runs_per_minute: usize,
    /// Whether the caller owns the flows: who only uses them sees and stops no session.
    pub is_owner: bool,
    /// For development: whether callbacks to `http` and loopback are taken, which the real service refuses.
    pub takes_loopback_callbacks: bool,
    /// How often each callback is made.
    pub callbacks: usize,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// A desktop flow.
#[derive(Clone, Debug)]
pub struct DesktopFlow {
    /// `workflowid`.
    pub id: Guid,
    /// Its name.
    pub name: String,
    /// The inputs' schema: `properties` and the rest.
    pub inputs: Value,
    /// The outputs' schema.
    pub outputs: Value,
    /// How a run of it ends.
    pub ends: Ends,
}

/// How a run ends.
#[derive(Clone, Debug)]
pub enum Ends {
    /// By itself, after a while.
    After(Duration, Ending),
    /// When the test says so.
    WhenTold,
}

/// An end.
#[derive(Clone, Debug)]
pub struct Ending {
    /// `statuscode`.
    pub status: i32,
    /// `errorcode` and `errormessage`.
    pub error: Option<(String, String)>,
    /// The outputs; `${NAME}` in a text is the input of that name.
    pub outputs: Value,
}

impl Ending {
    /// One that succeeded with these outputs.
    #[must_use]
    pub fn succeeded(outputs: Value) -> Self {
        Self { status: 4, error: None, outputs }
    }

    /// One that failed with this code.
    #[must_use]
    pub fn failed(code: &str, message: &str) -> Self {
        Self { status: 8, error: Some((code.to_owned(), message.to_owned())), outputs: json!({}) }
    }
}

impl Default for DataverseConfig {
    /// A free port, no flow, one connection `robots`, Dataverse's own limit, one callback each, and nobody's tokens.
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            bearers: Bearers::Keys(Vec::new()),
            flows: Vec::new(),
            connections: vec!["robots".to_owned()],
            references: Vec::new(),
            runs_per_minute: 70,
            is_owner: true,
            takes_loopback_callbacks: false,
            callbacks: 1,
            clock: Arc::new(SystemClock),
        }
    }
}

impl std::fmt::Debug for DataverseConfig {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("DataverseConfig")
            .field("flows", &self.flows)
            .finish_non_exhaustive()
    }
}
