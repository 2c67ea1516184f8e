//! The variables, read and validated once.

use std::num::NonZeroU32;
use std::time::Duration;

use headgate_core::{
    Document, DocumentError as LoadError, DocumentLoader, Files, HttpClient, Random, Variables,
    VariablesError,
};
use headgate_entra::{IdentityVariables, IdentityVariablesError};
use headgate_events::document::{DocumentError, DocumentErrorKind};
use headgate_events::{Endpoint, Sinks};
use headgate_jwt::{Access, AccessError};
use http::HeaderValue;

use crate::checks::{Checks, ChecksError};
use crate::handshake::{AbuseProtection, AllowedRate, Origins, ValidationBy};
use crate::rules::Rules;
use crate::variables::{
    CHECKS, COLLECTION_URL, DEDUPLICATION_HOURS, MAX_ATTEMPTS, RULES, SINKS, VALIDATION,
    WEBHOOK_ORIGINS, WEBHOOK_RATE,
};

/// The function's variables, read and validated once.
#[derive(Debug)]
pub struct Configuration {
    /// `rules`.
    pub rules: Rules,
    /// `sinks`.
    pub sinks: Sinks,
    /// `credentials` and `token_cache_key`, for sinks that name one.
    pub identities: IdentityVariables,
    /// `checks`.
    pub checks: Checks,
    /// `max_attempts`.
    pub max_attempts: u32,
    /// `deduplication_hours`.
    pub window: Duration,
    /// `validation`.
    pub validation: ValidationBy,
    /// `webhook_origins` and `webhook_rate`.
    pub abuse_protection: AbuseProtection,
    /// `access`.
    pub access: Access,
}

/// Why the variables cannot be put into force.
#[derive(Debug, thiserror::Error)]
pub enum ConfigurationError {
    /// There is nothing to do.
    #[error("variable rules is not set: give it a rules document, file:PATH or an https address")]
    RulesUnset,
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
    /// The document of checks cannot be honoured.
    #[error("{origin}: {source}")]
    Checks {
        /// Where the document stands.
        origin: String,
        /// What is wrong, and where.
        source: ChecksError,
    },
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
    /// The address of the collection is none.
    #[error("variable collection_url {0}")]
    CollectionUrl(DocumentErrorKind),
    /// The choice is none.
    #[error("variable validation must be code or url")]
    Validation,
    /// An origin is none.
    #[error("variable webhook_origins must be host names separated by commas, or * alone")]
    Origins,
    /// The rate is none.
    #[error("variable webhook_rate must be a whole number of requests a minute, or *")]
    Rate,
    /// The variables `credentials` and `token_cache_key` cannot be put into force.
    #[error(transparent)]
    Identities(#[from] IdentityVariablesError),
    /// The variable `access` cannot be put into force.
    #[error(transparent)]
    Access(#[from] AccessError),
}

const COLLECTION: &str = "http://127.0.0.1:3000";

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
        let identities = IdentityVariables::load(&documents).await?;
        let sinks = match load(SINKS).await? {
            None => Sinks::none(),
            Some(document) => {
                let known = &identities.credentials;
                let sinks = Sinks::load_with(&document.text, variables, known).await;
                sinks.map_err(|source| wrong(&document.origin, source))?
            }
        };
        let collection = variables.text(COLLECTION_URL).await?;
        let collection = Endpoint::parse_internal(
            collection.as_deref().unwrap_or(COLLECTION).trim_end_matches('/'),
        )
        .map_err(ConfigurationError::CollectionUrl)?;
        let Some(document) = load(RULES).await? else {
            return Err(ConfigurationError::RulesUnset);
        };
        let rules = Rules::load(&document.text, variables, &sinks, &collection).await;
        let rules = rules.map_err(|source| wrong(&document.origin, source))?;
        let checks = match variables.text(CHECKS).await?.as_deref() {
            None => Checks::Unset,
            Some("none") => Checks::None,
            Some(_) => match load(CHECKS).await? {
                None => Checks::Unset,
                Some(Document { origin, text }) => Checks::load(&text, variables, random)
                    .await
                    .map_err(|source| ConfigurationError::Checks { origin, source })?,
            },
        };
        let hours = number(variables, DEDUPLICATION_HOURS, 24, 168).await?;
        Ok(Self {
            rules,
            sinks,
            identities,
            checks,
            max_attempts: number(variables, MAX_ATTEMPTS, 5, 30).await?,
            window: Duration::from_secs(u64::from(hours) * 60 * 60),
            validation: match variables.text(VALIDATION).await?.as_deref() {
                None | Some("code") => ValidationBy::Code,
                Some("url") => ValidationBy::Url,
                Some(_) => return Err(ConfigurationError::Validation),
            },
            abuse_protection: AbuseProtection {
                origins: origins(variables.text(WEBHOOK_ORIGINS).await?.as_deref())?,
                rate: rate(variables.text(WEBHOOK_RATE).await?.as_deref())?,
            },
            access: Access::load(variables, files, http, random).await?,
        })
    }
}

fn wrong(origin: &str, source: DocumentError) -> ConfigurationError {
    ConfigurationError::Document { origin: origin.to_owned(), source }
}

async fn number(
    variables: &impl Variables,
    variable: &'static str,
    default: u32,
    most: u32,
) -> Result<u32, ConfigurationError> {
    match variables.text(variable).await? {
        None => Ok(default),
        Some(text) => {
            let number = text.parse().ok().filter(|number| (1..=most).contains(number));
            number.ok_or(ConfigurationError::Number { variable, least: 1, most })
        }
    }
}

fn origins(text: Option<&str>) -> Result<Origins, ConfigurationError> {
    match text {
        None => Ok(Origins::Nobody),
        Some("*") => Ok(Origins::Anybody),
        Some(list) => {
            let origin = |origin: &str| {
                let origin = origin.trim();
                let is_one = !origin.is_empty()
                    && origin.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'*')
                    && HeaderValue::from_str(origin).is_ok();
                is_one.then(|| origin.to_owned()).ok_or(ConfigurationError::Origins)
            };
            list.split(',').map(origin).collect::<Result<_, _>>().map(Origins::Listed)
        }
    }
}

fn rate(text: Option<&str>) -> Result<AllowedRate, ConfigurationError> {
    match text {
        None | Some("*") => Ok(AllowedRate::Any),
        Some(text) => {
            let rate = text.parse::<NonZeroU32>();
            rate.map(AllowedRate::PerMinute).map_err(|_| ConfigurationError::Rate)
        }
    }
}
