use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use headgate_core::{Clock, Random};
use serde_json::{Map, Value};

use super::algorithm::{Algorithm, KeyKind};
use super::claims::{self, Issuance, TokenSpec};
use super::jwt::{self, KeyChoice, SignError};
use super::key_ring::KeyRing;
use super::registry::Registry;
use super::running::Rotation;
use super::signing_key::{KeyError, SigningKey};
use super::state_dir::StateDir;
use super::{Guid, StateError};

/// The shortest and the longest life of a token that asks for none in particular, in seconds (contracts §5.1).
const LIFETIME: std::ops::RangeInclusive<u64> = 3_600..=5_400;

/// Who is registered, what signs, and when it is: everything that issuing needs.
pub(super) struct Authority {
    pub(super) base_url: String,
    pub(super) registry: Registry,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) random: Arc<dyn Random>,
    ring: RwLock<KeyRing>,
    foreign: Mutex<HashMap<KeyKind, Arc<SigningKey>>>,
    state: Option<StateDir>,
}

/// Why a key was not added.
#[derive(Debug, thiserror::Error)]
pub(super) enum AddKeyError {
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error(transparent)]
    State(#[from] StateError),
}

impl Authority {
    pub(super) fn new(
        base_url: String,
        registry: Registry,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
        ring: KeyRing,
        state: Option<StateDir>,
    ) -> Self {
        let foreign = Mutex::default();
        Self { base_url, registry, clock, random, ring: RwLock::new(ring), foreign, state }
    }

    /// The ring at this moment.
    pub(super) fn ring(&self) -> KeyRing {
        self.ring.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Makes a new signing key of the algorithm's kind and gives its id. Blocks on the generator and on the disk.
    pub(super) fn rotate(
        &self,
        algorithm: Algorithm,
        rotation: Rotation,
    ) -> Result<String, AddKeyError> {
        let key = SigningKey::generate(algorithm.key_kind(), None, self.clock.now())?;
        let kid = key.kid().to_owned();
        self.change(|ring| ring.rotated(key, rotation))?;
        Ok(kid)
    }

    /// Publishes a key that may sign `tenant`'s tokens alone, and gives its id.
    pub(super) fn add_tenant_key(
        &self,
        algorithm: Algorithm,
        tenant: Guid,
    ) -> Result<String, AddKeyError> {
        let key = SigningKey::generate(algorithm.key_kind(), Some(tenant), self.clock.now())?;
        let kid = key.kid().to_owned();
        self.change(|ring| ring.clone().with(key))?;
        Ok(kid)
    }

    /// Keeps the new ring before it is used: a token signed by a key that a restart forgets would be worthless.
    fn change(&self, make: impl FnOnce(&KeyRing) -> KeyRing) -> Result<(), StateError> {
        let mut ring = self.ring.write().unwrap_or_else(PoisonError::into_inner);
        let new = make(&ring);
        if let Some(state) = &self.state {
            state.keep_keys(&new)?;
        }
        *ring = new;
        Ok(())
    }

    /// Signs the token that `spec` describes with the current key. Gives it with the seconds until it expires.
    pub(super) fn issue(&self, spec: &TokenSpec) -> Result<Issued, SignError> {
        let ring = self.ring();
        let key =
            ring.current(spec.algorithm.key_kind()).ok_or(SignError::NoKey(spec.algorithm))?;
        let claims = self.claims(spec);
        let header = claims::header(spec.version, spec.algorithm, key.kid());
        let token = jwt::compact(&json(&header), &json(&claims), |message| {
            key.sign(spec.algorithm, message).ok_or(SignError::KeyUnsuited(spec.algorithm))
        })?;
        Ok(Issued { token, claims })
    }

    /// The claims of such a token if it were issued at this moment.
    pub(super) fn claims(&self, spec: &TokenSpec) -> Map<String, Value> {
        let issuance = Issuance {
            now: self.clock.now(),
            lifetime: self.draw_lifetime(),
            token_id: Guid::random(&*self.random),
        };
        claims::claims(spec, &self.base_url, issuance)
    }

    fn draw_lifetime(&self) -> Duration {
        let mut bytes = [0; 8];
        self.random.fill(&mut bytes);
        let span = LIFETIME.end() - LIFETIME.start() + 1;
        Duration::from_secs(LIFETIME.start() + u64::from_be_bytes(bytes) % span)
    }

    /// Signs exactly these bytes as header and payload.
    pub(super) fn sign_bytes(
        &self,
        header: &[u8],
        payload: &[u8],
        choice: &KeyChoice,
    ) -> Result<String, SignError> {
        let ring = self.ring();
        jwt::compact(header, payload, |message| {
            jwt::sign(&ring, choice, |algorithm| self.foreign(algorithm), message)
        })
    }

    fn foreign(&self, algorithm: Algorithm) -> Result<Arc<SigningKey>, SignError> {
        let kind = algorithm.key_kind();
        let mut keys = self.foreign.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(key) = keys.get(&kind) {
            return Ok(Arc::clone(key));
        }
        let key = SigningKey::generate(kind, None, self.clock.now())
            .map_err(|_| SignError::KeyUnsuited(algorithm))?;
        let key = Arc::new(key);
        keys.insert(kind, Arc::clone(&key));
        Ok(key)
    }
}

/// A signed token and what it says.
pub(super) struct Issued {
    pub(super) token: String,
    pub(super) claims: Map<String, Value>,
}

/// Shows the address and the registrations, whose secrets hide themselves.
impl fmt::Debug for Authority {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Authority")
            .field("base_url", &self.base_url)
            .field("registry", &self.registry)
            .finish_non_exhaustive()
    }
}

/// JSON values always serialise.
pub(super) fn json(value: &impl serde::Serialize) -> Vec<u8> {
    serde_json::to_vec(value).unwrap_or_default()
}
