use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use headgate_core::Secret;
use serde_json::{Map, Value};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::authority::{self, AddKeyError, Authority};
use super::config::{IssuerConfig, StartError};
use super::fault::Levers;
use super::key_ring::KeyRing;
use super::listen::require_loopback;
use super::registry::{Client, Registry};
use super::signing_key::{KeyError, SigningKey};
use super::state_dir::{StateDir, random_secret};
use super::{
    Algorithm, Endpoint, Fault, Guid, KeyChoice, SignError, TokenSpec, claims, defaults, server,
};

/// The issuer, not yet started.
#[derive(Debug)]
pub struct Issuer;

/// What becomes of the keys that signed before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// They stay published.
    KeepOld,
    /// The one before stays published, and older ones go.
    KeepPrevious,
    /// They are withdrawn at once, as after a theft.
    WithdrawOld,
}

/// A running issuer. It stops when this is dropped.
#[derive(Debug)]
pub struct Running {
    address: SocketAddr,
    client_secret: Secret,
    authority: Arc<Authority>,
    levers: Arc<Levers>,
    stop: watch::Sender<()>,
    server: JoinHandle<()>,
    rotation: Option<JoinHandle<()>>,
}

impl Issuer {
    /// Starts an issuer on the tokio runtime that this is called on.
    ///
    /// # Errors
    ///
    /// [`StartError`]: before anything else, when the address is not loopback.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use headgate_peers::issuer::{Endpoint, Issuer, IssuerConfig, TokenSpec};
    ///
    /// let issuer = Issuer::start(IssuerConfig::default()).await?;
    /// let token = issuer.mint(&TokenSpec { roles: vec!["Orders.Read".into()], ..TokenSpec::default() })?;
    /// assert_eq!(token.split('.').count(), 3);
    /// assert_eq!(issuer.requests(Endpoint::Keys), 0);
    /// issuer.stop().await;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn start(config: IssuerConfig) -> Result<Running, StartError> {
        require_loopback(config.listen.ip())?;
        let bind = |source| StartError::Bind { address: config.listen, source };
        let listener = TcpListener::bind(config.listen).await.map_err(bind)?;
        let address = listener.local_addr().map_err(bind)?;
        let (log, rotate_every) = (Arc::clone(&config.log), config.rotate_every);
        let prepared = tokio::task::spawn_blocking(move || prepare(config, address));
        let (authority, client_secret) = prepared.await.map_err(|_| KeyError::NotGenerated)??;

        let (authority, levers) = (Arc::new(authority), Arc::new(Levers::default()));
        let service = Arc::new(server::service(&authority, &levers, log));
        let stop = watch::Sender::new(());
        let server = tokio::spawn(server::serve(listener, service, stop.subscribe()));
        let rotation = rotate_every
            .map(|every| tokio::spawn(rotate(Arc::clone(&authority), every, stop.subscribe())));
        Ok(Running { address, client_secret, authority, levers, stop, server, rotation })
    }
}

/// Loads or makes the keys and the secret, which takes CPU time and the disk.
fn prepare(config: IssuerConfig, address: SocketAddr) -> Result<(Authority, Secret), StartError> {
    let state = config.state_dir.as_deref().map(StateDir::open).transpose()?;
    let kept = state.as_ref().map(StateDir::load_keys).transpose()?.unwrap_or_default();
    let mut ring = KeyRing::new(kept);
    for kind in config.algorithms.iter().map(|algorithm| algorithm.key_kind()) {
        if ring.current(kind).is_none() {
            ring = ring.with(SigningKey::generate(kind, None, config.clock.now())?);
        }
    }
    let client_secret = match (&state, config.client_secret) {
        (None, given) => given.unwrap_or_else(|| random_secret(&*config.random)),
        (Some(state), None) => state.client_secret(&*config.random)?,
        (Some(state), Some(given)) => {
            state.keep_client_secret(&given)?;
            given
        }
    };
    if let Some(state) = &state {
        state.keep_keys(&ring)?;
    }
    let mut clients = config.clients;
    clients.push(Client { id: defaults::CLIENT, secret: client_secret.clone() });
    let registry = Registry { tenants: config.tenants, clients, resources: config.resources };
    let base_url = format!("http://{address}");
    let authority = Authority::new(base_url, registry, config.clock, config.random, ring, state);
    Ok((authority, client_secret))
}

async fn rotate(authority: Arc<Authority>, every: Duration, mut stop: watch::Receiver<()>) {
    loop {
        tokio::select! {
            _ = stop.changed() => return,
            () = tokio::time::sleep(every) => {}
        }
        let authority = Arc::clone(&authority);
        // A rotation that fails leaves the keys as they are; the next one tries again.
        let _ = tokio::task::spawn_blocking(move || {
            authority.rotate(Algorithm::RS256, Rotation::KeepPrevious)
        })
        .await;
    }
}

impl Running {
    /// The address that it listens on.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http://127.0.0.1:PORT`, without a slash at its end.
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.authority.base_url
    }

    /// The address of a tenant's discovery document: `tenant` is an id, a domain, `common` or `organizations`.
    #[must_use]
    pub fn metadata_url(&self, tenant: &str, version: super::TokenVersion) -> String {
        let in_version = match version {
            super::TokenVersion::V1 => "",
            super::TokenVersion::V2 => "/v2.0",
        };
        format!("{}/{tenant}{in_version}/.well-known/openid-configuration", self.base_url())
    }

    /// The default client's secret.
    #[must_use]
    pub const fn client_secret(&self) -> &Secret {
        &self.client_secret
    }

    /// Signs a token with the current key, as the token endpoint would, without going there.
    ///
    /// # Errors
    ///
    /// [`SignError::NoKey`] when the issuer has no key for the algorithm.
    pub fn mint(&self, spec: &TokenSpec) -> Result<String, SignError> {
        self.authority.issue(spec).map(|issued| issued.token)
    }

    /// The claims that [`Running::mint`] would sign at this moment: a place to start from for a token that differs.
    #[must_use]
    pub fn claims(&self, spec: &TokenSpec) -> Map<String, Value> {
        self.authority.claims(spec)
    }

    /// The header that [`Running::mint`] would give it.
    ///
    /// # Errors
    ///
    /// [`SignError::NoKey`] when the issuer has no key for the algorithm.
    pub fn header(&self, spec: &TokenSpec) -> Result<Value, SignError> {
        let kid = self.current_kid(spec.algorithm).ok_or(SignError::NoKey(spec.algorithm))?;
        Ok(claims::header(spec.version, spec.algorithm, &kid))
    }

    /// Signs any header and any claims, whatever they say.
    ///
    /// # Errors
    ///
    /// [`SignError`] when the chosen key does not exist or cannot sign so.
    pub fn mint_raw(
        &self,
        header: &Value,
        claims: &Value,
        key: &KeyChoice,
    ) -> Result<String, SignError> {
        self.mint_bytes(&authority::json(header), &authority::json(claims), key)
    }

    /// Signs any bytes as header and payload: what [`Running::mint_raw`] cannot say, as a member that occurs twice.
    ///
    /// # Errors
    ///
    /// [`SignError`] when the chosen key does not exist or cannot sign so.
    pub fn mint_bytes(
        &self,
        header: &[u8],
        payload: &[u8],
        key: &KeyChoice,
    ) -> Result<String, SignError> {
        self.authority.sign_bytes(header, payload, key)
    }

    /// The id of the key that signs with this algorithm.
    #[must_use]
    pub fn current_kid(&self, algorithm: Algorithm) -> Option<String> {
        self.authority.ring().current(algorithm.key_kind()).map(|key| key.kid().to_owned())
    }

    /// The ids of the published keys, oldest first.
    #[must_use]
    pub fn kids(&self) -> Vec<String> {
        self.authority.ring().keys().iter().map(|key| key.kid().to_owned()).collect()
    }

    /// The published keys, as JSON Web Keys.
    #[must_use]
    pub fn published_keys(&self) -> Vec<Value> {
        self.authority.ring().keys().iter().map(|key| Value::Object(key.jwk())).collect()
    }

    /// Makes a new key for an algorithm's kind, which signs from then on; gives its id. Blocks while the key is made
    /// (RSA: a tenth of a second).
    ///
    /// # Errors
    ///
    /// [`StartError::Key`] for a symmetric algorithm; [`StartError::State`] when the key cannot be kept.
    pub fn rotate(&self, algorithm: Algorithm, rotation: Rotation) -> Result<String, StartError> {
        self.authority.rotate(algorithm, rotation).map_err(StartError::from)
    }

    /// Publishes a key that names one tenant's issuer as its own, beside the others; gives its id. A token of another
    /// tenant that it signs is to be refused (contracts §5.1).
    ///
    /// # Errors
    ///
    /// As [`Running::rotate`].
    pub fn add_tenant_key(&self, algorithm: Algorithm, tenant: Guid) -> Result<String, StartError> {
        self.authority.add_tenant_key(algorithm, tenant).map_err(StartError::from)
    }

    /// How many requests an endpoint has had, the spoilt and the refused ones included.
    #[must_use]
    pub fn requests(&self, endpoint: Endpoint) -> u64 {
        self.levers.requests(endpoint)
    }

    /// Waits until an endpoint has had so many requests in all; a held request counts when it comes.
    pub async fn requests_reach(&self, endpoint: Endpoint, count: u64) {
        self.levers.requests_reach(endpoint, count).await;
    }

    /// Breaks an endpoint, or mends it with `None`.
    pub fn set_fault(&self, endpoint: Endpoint, fault: Option<Fault>) {
        self.levers.set_fault(endpoint, fault);
    }

    /// Makes every endpoint close its connections without an answer, or mends them all.
    ///
    /// For connections that are refused, use [`Running::stop`] and start another issuer on the same address and state.
    pub fn set_down(&self, down: bool) {
        for endpoint in Endpoint::ALL {
            self.set_fault(endpoint, down.then_some(Fault::Closed));
        }
    }

    /// Stops: the port and the state directory are free again, and requests in flight have had two seconds to finish,
    /// when this returns.
    pub async fn stop(self) {
        self.stop.send_replace(());
        // They end by themselves; a panic in one would have been reported already.
        let _ = self.server.await;
        if let Some(rotation) = self.rotation {
            let _ = rotation.await;
        }
    }
}

impl From<AddKeyError> for StartError {
    fn from(error: AddKeyError) -> Self {
        match error {
            AddKeyError::Key(error) => Self::Key(error),
            AddKeyError::State(error) => Self::State(error),
        }
    }
}
