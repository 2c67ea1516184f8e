//! The variables, read and validated once.

use std::time::Duration;

use headgate_core::{
    Document, DocumentError as LoadError, DocumentLoader, Files, HttpClient, Random, Variables,
    VariablesError,
};
use headgate_entra::{Credentials, SealingKeyError, SealingKeys};
use headgate_events::document::DocumentError;
use headgate_jwt::AccessError;

use crate::flows::Flows;
use crate::variables as names;
use crate::who_may_call::WhoMayCall;

/// The function's variables, read and validated once.
#[derive(Debug)]
pub struct Configuration {
    /// `flows`.
    pub flows: Flows,
    /// `credentials`.
    pub credentials: Credentials,
    /// `token_cache_key`.
    pub sealing: Option<SealingKeys>,
    /// `access`.
    pub(crate) access: WhoMayCall,
    /// `retention_days`.
    pub retention: Duration,
}

/// Why the variables cannot be put into force.
#[derive(Debug, thiserror::Error)]
pub enum ConfigurationError {
    /// There is nothing to call.
    #[error(
        "variable flows is not set: give it a document of flows, file:PATH or an https address"
    )]
    FlowsUnset,
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
    /// The keys are none.
    #[error("variable token_cache_key: {0}")]
    Sealing(SealingKeyError),
    /// The variable `access` cannot be put into force.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// A flow names a policy that is not there.
    #[error("flow {flow} names the policy {policy}, which the variable access does not have")]
    PolicyMissing {
        /// The flow.
        flow: String,
        /// The policy.
        policy: String,
    },
    /// The number of days is none.
    #[error("variable retention_days must be a whole number from 1 to {LONGEST_RETENTION}")]
    Days,
}

const DAY: Duration = Duration::from_secs(86_400);
const DEFAULT_RETENTION: u32 = 7;
/// As long as a run of a flow may last.
const LONGEST_RETENTION: u32 = 30;

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
        let wrong = |origin| move |source| ConfigurationError::Document { origin, source };
        let credentials = match load(names::CREDENTIALS).await? {
            None => Credentials::none(),
            Some(Document { origin, text }) => {
                Credentials::load(&text, variables).await.map_err(wrong(origin))?
            }
        };
        let Document { origin, text } =
            load(names::FLOWS).await?.ok_or(ConfigurationError::FlowsUnset)?;
        let flows = Flows::load(&text, &credentials, variables).await.map_err(wrong(origin))?;
        let sealing = match variables.text(names::TOKEN_CACHE_KEY).await? {
            None => None,
            Some(text) => Some(SealingKeys::parse(&text).map_err(ConfigurationError::Sealing)?),
        };
        let days = match variables.text(names::RETENTION_DAYS).await? {
            None => DEFAULT_RETENTION,
            Some(text) => {
                let days = text.parse().ok().filter(|days| (1..=LONGEST_RETENTION).contains(days));
                days.ok_or(ConfigurationError::Days)?
            }
        };
        let access = WhoMayCall::load(&documents, &flows, random).await?;
        Ok(Self { flows, credentials, sealing, access, retention: DAY.saturating_mul(days) })
    }
}
