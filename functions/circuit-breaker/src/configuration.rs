//! The variables, read and validated once.

use std::ops::RangeInclusive;
use std::time::Duration;

use headgate_core::{
    Document, DocumentError, DocumentLoader, Files, HttpClient, Random, Timeout, Variables,
    VariablesError,
};
use headgate_entra::{IdentityVariables, IdentityVariablesError};
use headgate_events::document::DocumentError as SinksError;
use headgate_events::{Sinks, is_source};
use headgate_jwt::{Access, AccessError};

use crate::backends::{self, Backends, BackendsError};
use crate::proxy::Destination;
use crate::variables::{BACKEND_TIMEOUT_MS, BACKENDS, SINKS, SOURCE, STATE_CACHE_MS};

/// The function's variables, read and validated once.
#[derive(Debug)]
pub struct Configuration {
    /// `backends`.
    pub backends: Backends,
    /// Where each backend is, in the order of [`Backends::backends`].
    pub(crate) destinations: Vec<Destination>,
    /// `sinks`.
    pub sinks: Sinks,
    /// `credentials` and `token_cache_key`, for sinks that name one.
    pub identities: IdentityVariables,
    /// `source`.
    pub source: String,
    /// `access`.
    pub access: Access,
    /// `state_cache_ms`.
    pub state_cache: Duration,
    /// `backend_timeout_ms`.
    pub timeout: Timeout,
}

/// Why the variables cannot be put into force.
#[derive(Debug, thiserror::Error)]
pub enum ConfigurationError {
    /// There is nothing to guard.
    #[error(
        "variable backends is not set: give it a document of backends, file:PATH or an https address"
    )]
    BackendsUnset,
    /// The provider of variables failed.
    #[error(transparent)]
    Variable(#[from] VariablesError),
    /// A document could not be had.
    #[error("variable {variable}: {source}")]
    Document {
        /// The variable.
        variable: &'static str,
        /// What was wrong.
        source: DocumentError,
    },
    /// The document of backends cannot be honoured.
    #[error("{origin}: {source}")]
    Backends {
        /// Where the document stands.
        origin: String,
        /// What is wrong, and where.
        source: BackendsError,
    },
    /// A backend's address is one that no request can be sent to.
    #[error("{origin}: the url of backend {backend} cannot be called")]
    Address {
        /// Where the document stands.
        origin: String,
        /// The backend's name.
        backend: String,
    },
    /// The document of sinks cannot be honoured.
    #[error("{origin}: {source}")]
    Sinks {
        /// Where the document stands.
        origin: String,
        /// What is wrong, and where.
        source: SinksError,
    },
    /// No event can have this source.
    #[error("variable source must be a URI reference, as an event's source is")]
    Source,
    /// The variables `credentials` and `token_cache_key` cannot be put into force.
    #[error(transparent)]
    Identities(#[from] IdentityVariablesError),
    /// The variable `access` cannot be put into force.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// A variable must be a number.
    #[error("variable {variable} must be a whole number from {least} to {most}")]
    Number {
        /// The variable.
        variable: &'static str,
        /// The least that it may be.
        least: u64,
        /// The most that it may be.
        most: u64,
    },
}

const DEFAULT_SOURCE: &str = "/headgate/circuit-breaker";
const DEFAULT_STATE_CACHE_MS: u64 = 1_000;
/// As API Management's `forward-request`.
const DEFAULT_TIMEOUT_MS: u64 = 300_000;
const LONGEST_CONNECT: Duration = Duration::from_secs(10);

impl Configuration {
    /// Loads the variables and the documents that they refer to.
    ///
    /// # Errors
    ///
    /// [`ConfigurationError`], which names the variable or the document with line, column and key, and no secret.
    pub async fn load(
        variables: &impl Variables,
        files: &impl Files,
        http: &impl HttpClient,
        random: &impl Random,
    ) -> Result<Self, ConfigurationError> {
        let documents = DocumentLoader { variables, files, http };
        let load = async |variable| {
            let loaded = documents.load(variable).await;
            loaded.map_err(|source| ConfigurationError::Document { variable, source })
        };
        let Document { origin, text } =
            load(BACKENDS).await?.ok_or(ConfigurationError::BackendsUnset)?;
        let backends = match backends::load(&text, variables).await {
            Ok(backends) => backends,
            Err(source) => return Err(ConfigurationError::Backends { origin, source }),
        };
        let mut destinations = Vec::new();
        for backend in backends.backends() {
            let address = || {
                let backend = backend.name.to_string();
                ConfigurationError::Address { origin: origin.clone(), backend }
            };
            destinations.push(Destination::of(&backend.url).ok_or_else(address)?);
        }
        let identities = IdentityVariables::load(&documents).await?;
        let known = &identities.credentials;
        let sinks = match load(SINKS).await? {
            Some(Document { origin, text }) => {
                match Sinks::load_with(&text, variables, known).await {
                    Ok(sinks) => sinks,
                    Err(source) => return Err(ConfigurationError::Sinks { origin, source }),
                }
            }
            None => Sinks::none(),
        };
        let source = variables.text(SOURCE).await?;
        let source = source.unwrap_or_else(|| DEFAULT_SOURCE.to_owned());
        if !is_source(&source) {
            return Err(ConfigurationError::Source);
        }
        let access = Access::load(variables, files, http, random).await?;
        let state_cache = number(variables, STATE_CACHE_MS, 0..=60_000).await?;
        let timeout = number(variables, BACKEND_TIMEOUT_MS, 1..=3_600_000).await?;
        let timeout = Duration::from_millis(timeout.unwrap_or(DEFAULT_TIMEOUT_MS));
        Ok(Self {
            backends,
            destinations,
            sinks,
            identities,
            source,
            access,
            state_cache: Duration::from_millis(state_cache.unwrap_or(DEFAULT_STATE_CACHE_MS)),
            timeout: Timeout {
                connect: timeout.min(LONGEST_CONNECT),
                first_byte: timeout,
                between_bytes: timeout,
            },
        })
    }
}

async fn number(
    variables: &impl Variables,
    variable: &'static str,
    allowed: RangeInclusive<u64>,
) -> Result<Option<u64>, ConfigurationError> {
    let Some(text) = variables.text(variable).await? else { return Ok(None) };
    let number = text.parse().ok().filter(|number| allowed.contains(number));
    let (least, most) = (*allowed.start(), *allowed.end());
    number.map(Some).ok_or(ConfigurationError::Number { variable, least, most })
}
