//! The variables, read and validated once.

use std::time::Duration;

use headgate_core::{
    Document, DocumentError as LoadError, DocumentLoader, Files, HttpClient, Random, Variables,
    VariablesError,
};
use headgate_entra::{IdentityVariables, IdentityVariablesError};
use headgate_events::document::DocumentError;
use headgate_events::{Endpoint, Sinks, is_source};
use headgate_jwt::{Access, AccessError};

use crate::places::{Hosting, PlacesDocument};
use crate::variables as names;

/// The function's variables, read and validated once; `H` is a place of the host itself.
#[derive(Debug)]
pub struct Configuration<H> {
    /// `places`.
    pub places: PlacesDocument<H>,
    /// `credentials` and `token_cache_key`.
    pub identities: IdentityVariables,
    /// `sinks`.
    pub sinks: Sinks,
    /// `source`.
    pub source: String,
    /// `access`.
    pub access: Access,
    /// `public_url`, without a slash at its end.
    pub public_url: Option<String>,
    /// `parallel`.
    pub parallel: usize,
    /// `time_limit_seconds`.
    pub time_limit: Option<Duration>,
    /// `stall_timeout_seconds`.
    pub stall_timeout: Duration,
    /// `chunk_bytes`.
    pub chunk_bytes: Option<u64>,
    /// `retention_days`.
    pub retention: Duration,
}

/// Why the variables cannot be put into force.
#[derive(Debug, thiserror::Error)]
pub enum ConfigurationError {
    /// There is no place.
    #[error(
        "variable places is not set: give it a document of places, file:PATH or an https address"
    )]
    PlacesUnset,
    /// The provider of variables failed.
    #[error(transparent)]
    Variable(#[from] VariablesError),
    /// A document could not be had.
    #[error("variable {variable}: {source}")]
    Load {
        /// The variable.
        variable: &'static str,
        /// What was wrong.
        source: LoadError,
    },
    /// A document cannot be honoured.
    #[error("{origin}: {source}")]
    Document {
        /// Where the document stands.
        origin: String,
        /// What is wrong, and where.
        source: DocumentError,
    },
    /// The variables `credentials` and `token_cache_key` cannot be put into force.
    #[error(transparent)]
    Identities(#[from] IdentityVariablesError),
    /// A variable is no number of its range.
    #[error("variable {variable} must be a whole number from {least} to {most}")]
    Number {
        /// The variable.
        variable: &'static str,
        /// The least that it may be.
        least: u32,
        /// The most that it may be.
        most: u32,
    },
    /// No event can have this source.
    #[error("variable source must be a URI reference, as an event's source is")]
    Source,
    /// The variable `public_url` is no address of a function.
    #[error(
        "variable public_url must be an https address without a query, as https://gateway.example/file-relay"
    )]
    PublicUrl,
    /// The variable `access` cannot be put into force.
    #[error(transparent)]
    Access(#[from] AccessError),
}

const DEFAULT_SOURCE: &str = "/headgate/file-relay";
const DEFAULT_PARALLEL: u32 = 8;
const DEFAULT_RETENTION_DAYS: u32 = 7;
const DEFAULT_STALL_TIMEOUT_SECONDS: u32 = 120;
/// What every fragment of a drive is a multiple of, and what all are shorter than.
const CHUNK_BYTES: (u32, u32) = (327_680, 62_914_560);
const DAY: u64 = 24 * 60 * 60;

impl<H> Configuration<H> {
    /// Loads the variables and the documents that they refer to. `host` is what the host itself has.
    ///
    /// # Errors
    ///
    /// [`ConfigurationError`], which names the variable, or the document with line, column and key, and no secret.
    pub async fn load(
        variables: &impl Variables,
        files: &impl Files,
        http: &impl HttpClient,
        random: &impl Random,
        host: impl Hosting<Place = H>,
    ) -> Result<Self, ConfigurationError> {
        let documents = DocumentLoader { variables, files, http };
        let load = async |variable| {
            let loaded = documents.load(variable).await;
            loaded.map_err(|source| ConfigurationError::Load { variable, source })
        };
        let identities = IdentityVariables::load(&documents).await?;
        let Document { origin, text } =
            load(names::PLACES).await?.ok_or(ConfigurationError::PlacesUnset)?;
        let places = PlacesDocument::load(&text, &identities.credentials, variables, host)
            .await
            .map_err(|source| ConfigurationError::Document { origin, source })?;
        let sinks = match load(names::SINKS).await? {
            None => Sinks::none(),
            Some(Document { origin, text }) => {
                Sinks::load_with(&text, variables, &identities.credentials)
                    .await
                    .map_err(|source| ConfigurationError::Document { origin, source })?
            }
        };
        let source = variables.text(names::SOURCE).await?;
        let source = source.unwrap_or_else(|| DEFAULT_SOURCE.to_owned());
        if !is_source(&source) {
            return Err(ConfigurationError::Source);
        }
        let public_url = match variables.text(names::PUBLIC_URL).await? {
            None => None,
            Some(text) => Some(public_url(&text).ok_or(ConfigurationError::PublicUrl)?),
        };
        let parallel = number(variables, names::PARALLEL, (1, 256)).await?;
        let time_limit = number(variables, names::TIME_LIMIT_SECONDS, (1, 86_400)).await?;
        let stall_timeout = number(variables, names::STALL_TIMEOUT_SECONDS, (1, 3_600)).await?;
        let stall_timeout = stall_timeout.unwrap_or(DEFAULT_STALL_TIMEOUT_SECONDS);
        let chunk_bytes = number(variables, names::CHUNK_BYTES, CHUNK_BYTES).await?;
        let retention = number(variables, names::RETENTION_DAYS, (1, 90)).await?;
        let retention = u64::from(retention.unwrap_or(DEFAULT_RETENTION_DAYS)) * DAY;
        Ok(Self {
            places,
            identities,
            sinks,
            source,
            access: Access::load(variables, files, http, random).await?,
            public_url,
            parallel: usize::try_from(parallel.unwrap_or(DEFAULT_PARALLEL)).unwrap_or(1),
            time_limit: time_limit.map(|seconds| Duration::from_secs(seconds.into())),
            stall_timeout: Duration::from_secs(stall_timeout.into()),
            chunk_bytes: chunk_bytes.map(u64::from),
            retention: Duration::from_secs(retention),
        })
    }
}

fn public_url(text: &str) -> Option<String> {
    let endpoint = Endpoint::parse(text).ok()?;
    endpoint.uri().query().is_none().then(|| text.trim_end_matches('/').to_owned())
}

async fn number(
    variables: &impl Variables,
    variable: &'static str,
    (least, most): (u32, u32),
) -> Result<Option<u32>, ConfigurationError> {
    let Some(text) = variables.text(variable).await? else { return Ok(None) };
    let number = text.parse().ok().filter(|number| (least..=most).contains(number));
    number.map(Some).ok_or(ConfigurationError::Number { variable, least, most })
}
