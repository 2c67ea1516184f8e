//! The variables, read and validated once.

use std::time::Duration;

use headgate_core::{
    Document, DocumentError, DocumentLoader, Files, HttpClient, Random, Variables, VariablesError,
};
use headgate_entra::{IdentityVariables, IdentityVariablesError};
use headgate_events::document::DocumentError as SinksError;
use headgate_events::{Sinks, is_source};
use headgate_jwt::{Access, AccessError};

use crate::judging::Policy;
use crate::variables::{EXPIRED_AT_EXPIRY, NEAR_EXPIRY_DAILY, NEAR_EXPIRY_DAYS, SINKS, SOURCE};

/// The function's variables, read and validated once.
#[derive(Debug)]
pub struct Configuration {
    /// `sinks`.
    pub sinks: Sinks,
    /// `credentials` and `token_cache_key`, for sinks that name one.
    pub identities: IdentityVariables,
    /// `source`.
    pub source: String,
    /// `access`.
    pub access: Access,
    /// `near_expiry_days`, `near_expiry_daily` and `expired_at_expiry`.
    pub policy: Policy,
}

/// Why the variables cannot be put into force.
#[derive(Debug, thiserror::Error)]
pub enum ConfigurationError {
    /// The provider of variables failed.
    #[error(transparent)]
    Variable(#[from] VariablesError),
    /// The document of sinks could not be had.
    #[error("variable {SINKS}: {0}")]
    Document(#[source] DocumentError),
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
    /// The number of days is none.
    #[error("variable near_expiry_days must be a whole number from 0 to {LONGEST_NEAR_DAYS}")]
    Days,
    /// A variable must be one of two words.
    #[error("variable {variable} must be true or false")]
    Flag {
        /// The variable.
        variable: &'static str,
    },
}

const DEFAULT_SOURCE: &str = "/headgate/gateway-tokens";
const DEFAULT_NEAR_DAYS: u32 = 7;
const LONGEST_NEAR_DAYS: u32 = 365;
const DAY: Duration = Duration::from_secs(86_400);

impl Configuration {
    /// Loads the variables and the document that they refer to.
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
        let identities = IdentityVariables::load(&documents).await?;
        let known = &identities.credentials;
        let sinks = match documents.load(SINKS).await.map_err(ConfigurationError::Document)? {
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
        let days = match variables.text(NEAR_EXPIRY_DAYS).await? {
            None => DEFAULT_NEAR_DAYS,
            Some(text) => {
                let days = text.parse().ok().filter(|days| *days <= LONGEST_NEAR_DAYS);
                days.ok_or(ConfigurationError::Days)?
            }
        };
        let policy = Policy {
            near: DAY.saturating_mul(days),
            near_daily: flag(variables, NEAR_EXPIRY_DAILY).await?,
            expired_at_expiry: flag(variables, EXPIRED_AT_EXPIRY).await?,
        };
        Ok(Self { sinks, identities, source, access, policy })
    }
}

async fn flag(
    variables: &impl Variables,
    variable: &'static str,
) -> Result<bool, ConfigurationError> {
    match variables.text(variable).await?.as_deref() {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(_) => Err(ConfigurationError::Flag { variable }),
    }
}
