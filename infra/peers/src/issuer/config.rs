use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use headgate_core::{Clock, Random, RequestLog, Secret};

use super::defaults;
use super::system::{NoLog, SystemClock, SystemRandom};
use super::{
    Algorithm, Client, DEFAULT_AUDIENCE, DEFAULT_TENANT_DOMAIN, KeyError, ListenError, Resource,
    StateError, Tenant, TokenVersion,
};

/// What an issuer is made of.
///
/// The default listens on a free loopback port, keeps nothing on disk, logs nothing, runs on the system's clock, and has
/// one tenant, one client and one API: those of the constants beside this type.
#[derive(Clone)]
pub struct IssuerConfig {
    /// Where to listen; port 0 takes a free one. Only loopback is accepted.
    pub listen: SocketAddr,
    /// Where keys and the default client's secret survive a restart; `None`: in memory alone.
    pub state_dir: Option<PathBuf>,
    /// The default client's secret; `None`: the kept one, or a random one.
    pub client_secret: Option<Secret>,
    /// The tenants.
    pub tenants: Vec<Tenant>,
    /// Clients besides the default one.
    pub clients: Vec<Client>,
    /// The APIs that tokens are for.
    pub resources: Vec<Resource>,
    /// The algorithms that there are to be keys for. One RSA key serves all of RS and PS.
    pub algorithms: Vec<Algorithm>,
    /// How often a new key takes over. The one before it stays published, and older ones are withdrawn.
    pub rotate_every: Option<Duration>,
    /// The time of issue.
    pub clock: Arc<dyn Clock>,
    /// Where ids, secrets and lifetimes come from. Keys come from aws-lc's own generator.
    pub random: Arc<dyn Random>,
    /// Where each request's account goes.
    pub log: Arc<dyn RequestLog>,
}

impl Default for IssuerConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            state_dir: None,
            client_secret: None,
            tenants: vec![Tenant {
                id: defaults::TENANT,
                domain: Some(DEFAULT_TENANT_DOMAIN.to_owned()),
            }],
            clients: Vec::new(),
            resources: vec![Resource {
                application_id_uri: DEFAULT_AUDIENCE.to_owned(),
                client_id: defaults::API_CLIENT,
                version: TokenVersion::V2,
            }],
            algorithms: vec![Algorithm::RS256],
            rotate_every: None,
            clock: Arc::new(SystemClock),
            random: Arc::new(SystemRandom),
            log: Arc::new(NoLog),
        }
    }
}

impl std::fmt::Debug for IssuerConfig {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("IssuerConfig")
            .field("listen", &self.listen)
            .field("state_dir", &self.state_dir)
            .field("tenants", &self.tenants)
            .field("clients", &self.clients)
            .field("resources", &self.resources)
            .field("algorithms", &self.algorithms)
            .field("rotate_every", &self.rotate_every)
            .finish_non_exhaustive()
    }
}

/// Why an issuer did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address is not loopback.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// The address cannot be bound.
    #[error("cannot listen on {address}: {source}")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        source: std::io::Error,
    },
    /// The state directory is of no use.
    #[error(transparent)]
    State(#[from] StateError),
    /// A key could not be made or loaded.
    #[error(transparent)]
    Key(#[from] KeyError),
}
