//! The variables, read and validated once.

use std::time::Duration;

use headgate_core::{
    Document, DocumentError as LoadError, DocumentLoader, Files, HttpClient, Random, Variables,
    VariablesError,
};
use headgate_entra::{ActsFor, Credentials, Scope, ScopeError, SealingKeyError, SealingKeys};
use headgate_events::document::DocumentError;
use headgate_events::{Sinks, is_source};
use headgate_jwt::{Access, AccessError};

use crate::connections::{Cloud, Connections, EnvironmentError, Verbs};
use crate::origin::{Origin, OriginError};
use crate::variables as names;

/// The function's variables, read and validated once.
#[derive(Debug)]
pub struct Configuration {
    /// `dataverse_url`.
    pub dataverse: Origin,
    /// What tokens for Dataverse are for.
    pub dataverse_scope: Scope,
    /// `callback_url`.
    pub callback: Origin,
    /// `credentials`.
    pub credentials: Credentials,
    /// `credential`.
    pub credential: String,
    /// `token_cache_key`.
    pub sealing: Option<SealingKeys>,
    /// `environment_id`, `cloud`, `connections_url` and `connections_verbs`.
    pub connections: Option<Connections>,
    /// `runs_per_minute`.
    pub runs_per_minute: usize,
    /// `start_timeout_seconds`.
    pub start_timeout: Duration,
    /// `settle_seconds`.
    pub settle: Option<Duration>,
    /// `retention_days`.
    pub retention: Duration,
    /// `sinks`.
    pub sinks: Sinks,
    /// `source`.
    pub source: String,
    /// `access`.
    pub access: Access,
}

/// Why the variables cannot be put into force.
#[derive(Debug, thiserror::Error)]
pub enum ConfigurationError {
    /// A variable without a default is not set.
    #[error("variable {0} is not set")]
    Unset(&'static str),
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
    /// An address is none.
    #[error("variable {variable} {source}")]
    Origin {
        /// The variable.
        variable: &'static str,
        /// What is wrong with it.
        source: OriginError,
    },
    /// No token can be asked for with this address.
    #[error("variable {variable}: {source}")]
    Scope {
        /// The variable.
        variable: &'static str,
        /// What is wrong with it.
        source: ScopeError,
    },
    /// There are several credentials, or none.
    #[error("variable credential must name one of the credentials")]
    CredentialUnknown,
    /// The credential acts for nobody who could start a robot here.
    #[error(
        "variable credential names a credential that does not act by itself: use one of an application, a managed \
             identity, a password or a chain"
    )]
    CredentialUnsuited,
    /// The keys are none.
    #[error("variable token_cache_key: {0}")]
    Sealing(SealingKeyError),
    /// The environment is none.
    #[error("variable environment_id {0}")]
    Environment(EnvironmentError),
    /// The cloud is none.
    #[error("variable cloud must be {}", Cloud::LISTED)]
    Cloud,
    /// The verbs are none.
    #[error("variable connections_verbs must be get, delete, both separated by a comma, or none")]
    Verbs,
    /// A variable is no number of its range.
    #[error("variable {variable} must be a whole number from 1 to {most}")]
    Number {
        /// The variable.
        variable: &'static str,
        /// The most that it may be.
        most: u32,
    },
    /// No event can have this source.
    #[error("variable source must be a URI reference, as an event's source is")]
    Source,
    /// The variable `access` cannot be put into force.
    #[error(transparent)]
    Access(#[from] AccessError),
}

const DEFAULT_SOURCE: &str = "/headgate/desktop-flow";
const DAY: u64 = 24 * 60 * 60;

impl Configuration {
    /// Loads the variables and the documents that they refer to.
    ///
    /// # Errors
    ///
    /// [`ConfigurationError`], which names the variable, or the document with line, column and key, and no secret.
    pub async fn load(
        variables: &impl Variables,
        files: &impl Files,
        http: &impl HttpClient,
        random: &impl Random,
    ) -> Result<Self, ConfigurationError> {
        let documents = DocumentLoader { variables, files, http };
        let load = async |variable| {
            let loaded = documents.load(variable).await;
            loaded.map_err(|source| ConfigurationError::Load { variable, source })
        };
        let required = async |variable| {
            variables.text(variable).await?.ok_or(ConfigurationError::Unset(variable))
        };
        let wrong = |variable| move |source| ConfigurationError::Origin { variable, source };
        let dataverse = required(names::DATAVERSE_URL).await?;
        let dataverse = Origin::parse(&dataverse).map_err(wrong(names::DATAVERSE_URL))?;
        let callback = required(names::CALLBACK_URL).await?;
        let callback = Origin::parse_callback(&callback, &dataverse);
        let callback = callback.map_err(wrong(names::CALLBACK_URL))?;
        let Document { origin, text } =
            load(names::CREDENTIALS).await?.ok_or(ConfigurationError::Unset(names::CREDENTIALS))?;
        let credentials = Credentials::load(&text, variables).await;
        let credentials =
            credentials.map_err(|source| ConfigurationError::Document { origin, source })?;
        let credential = chosen(&credentials, variables.text(names::CREDENTIAL).await?)?;
        let sealing = match variables.text(names::TOKEN_CACHE_KEY).await? {
            None => None,
            Some(text) => Some(SealingKeys::parse(&text).map_err(ConfigurationError::Sealing)?),
        };
        let sinks = match load(names::SINKS).await? {
            None => Sinks::none(),
            Some(Document { origin, text }) => Sinks::load_with(&text, variables, &credentials)
                .await
                .map_err(|source| ConfigurationError::Document { origin, source })?,
        };
        let source = variables.text(names::SOURCE).await?;
        let source = source.unwrap_or_else(|| DEFAULT_SOURCE.to_owned());
        if !is_source(&source) {
            return Err(ConfigurationError::Source);
        }
        let seconds = |number: u32| Duration::from_secs(u64::from(number));
        let pace = number(variables, names::RUNS_PER_MINUTE, 70).await?.unwrap_or(70);
        let retention = number(variables, names::RETENTION_DAYS, 90).await?.unwrap_or(7);
        Ok(Self {
            dataverse_scope: scope(names::DATAVERSE_URL, dataverse.as_str())?,
            connections: connections(variables).await?,
            dataverse,
            callback,
            credentials,
            credential,
            sealing,
            runs_per_minute: usize::try_from(pace).unwrap_or(1),
            start_timeout: seconds(
                number(variables, names::START_TIMEOUT_SECONDS, 120).await?.unwrap_or(30),
            ),
            settle: number(variables, names::SETTLE_SECONDS, 86_400).await?.map(seconds),
            retention: Duration::from_secs(u64::from(retention) * DAY),
            sinks,
            source,
            access: Access::load(variables, files, http, random).await?,
        })
    }
}

fn scope(variable: &'static str, resource: &str) -> Result<Scope, ConfigurationError> {
    Scope::of_resource(resource).map_err(|source| ConfigurationError::Scope { variable, source })
}

fn chosen(credentials: &Credentials, name: Option<String>) -> Result<String, ConfigurationError> {
    let name = match name {
        Some(name) => name,
        None => {
            let mut names = credentials.names().map(|(name, _)| name.to_owned());
            match (names.next(), names.next()) {
                (Some(only), None) => only,
                _ => return Err(ConfigurationError::CredentialUnknown),
            }
        }
    };
    match credentials.kind(&name).map(|kind| kind.acts_for()) {
        None => Err(ConfigurationError::CredentialUnknown),
        Some(ActsFor::Application | ActsFor::User) => Ok(name),
        Some(ActsFor::Connection | ActsFor::Caller) => Err(ConfigurationError::CredentialUnsuited),
    }
}

async fn connections(
    variables: &impl Variables,
) -> Result<Option<Connections>, ConfigurationError> {
    let cloud = match variables.text(names::CLOUD).await? {
        None => Cloud::Public,
        Some(name) => Cloud::parse(&name).ok_or(ConfigurationError::Cloud)?,
    };
    let verbs = match variables.text(names::CONNECTIONS_VERBS).await? {
        None => Verbs::ALL,
        Some(text) => Verbs::parse(&text).ok_or(ConfigurationError::Verbs)?,
    };
    let Some(environment) = variables.text(names::ENVIRONMENT_ID).await? else { return Ok(None) };
    let host = cloud.environment_host(&environment).map_err(ConfigurationError::Environment)?;
    let variable = names::CONNECTIONS_URL;
    let address = match variables.text(variable).await? {
        None => format!("https://{host}"),
        Some(address) => address,
    };
    let origin = Origin::parse(&address)
        .map_err(|source| ConfigurationError::Origin { variable, source })?;
    let scope = scope(names::CLOUD, &cloud.audience())?;
    Ok(Some(Connections { origin, environment, scope, verbs }))
}

async fn number(
    variables: &impl Variables,
    variable: &'static str,
    most: u32,
) -> Result<Option<u32>, ConfigurationError> {
    let Some(text) = variables.text(variable).await? else { return Ok(None) };
    let number = text.parse().ok().filter(|number| (1..=most).contains(number));
    number.map(Some).ok_or(ConfigurationError::Number { variable, most })
}
