//! The variables, read and validated once.

use headgate_core::{
    Document, DocumentError, DocumentLoader, Files, HttpClient, Random, Variables, VariablesError,
};
use headgate_entra::{ActsFor, Credentials, SealingKeyError, SealingKeys};
use headgate_events::Endpoint;
use headgate_events::document::DocumentError as UnusableDocument;
use headgate_jwt::{Access, AccessError};

use crate::upstreams::Upstreams;
use crate::variables::{CREDENTIALS, PUBLIC_URL, TOKEN_CACHE_KEY, UPSTREAMS};

/// The function's variables, read and validated once.
#[derive(Debug)]
pub struct Configuration {
    /// `upstreams`.
    pub upstreams: Upstreams,
    /// `credentials`.
    pub credentials: Credentials,
    /// `token_cache_key`.
    pub sealing: Option<SealingKeys>,
    /// `access`.
    pub access: Access,
    /// `public_url`, without a slash at its end.
    pub public_url: Option<String>,
}

/// Why the variables cannot be put into force.
#[derive(Debug, thiserror::Error)]
pub enum ConfigurationError {
    /// There is nothing to call.
    #[error(
        "variable upstreams is not set: give it a document of upstreams, file:PATH or an https address"
    )]
    UpstreamsUnset,
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
    /// A document cannot be honoured.
    #[error("{origin}: {source}")]
    Unusable {
        /// Where the document stands.
        origin: String,
        /// What is wrong, and where.
        source: UnusableDocument,
    },
    /// The keys cannot be used.
    #[error("variable token_cache_key: {0}")]
    SealingKey(#[from] SealingKeyError),
    /// Whoever signs in has to be remembered, and nothing seals that.
    #[error(
        "variable token_cache_key is not set, and credential {credential} needs it: set it to base64 of 32 random bytes"
    )]
    SealingKeyUnset {
        /// The credential.
        credential: String,
    },
    /// Who calls is to be acted for, and nobody has judged who calls.
    #[error(
        "upstream {upstream} acts on behalf of its caller, so the variable access must be a policy"
    )]
    CallerUnjudged {
        /// The upstream.
        upstream: String,
    },
    /// The variable `public_url` is no address of a function.
    #[error(
        "variable public_url must be an https address without a query, as https://gateway.example/entra-http"
    )]
    PublicUrl,
    /// The variable `access` cannot be put into force.
    #[error(transparent)]
    Access(#[from] AccessError),
}

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
        let credentials = match load(CREDENTIALS).await? {
            None => Credentials::none(),
            Some(Document { origin, text }) => Credentials::load(&text, variables)
                .await
                .map_err(|source| ConfigurationError::Unusable { origin, source })?,
        };
        let Document { origin, text } =
            load(UPSTREAMS).await?.ok_or(ConfigurationError::UpstreamsUnset)?;
        let upstreams = Upstreams::load(&text, &credentials, variables)
            .await
            .map_err(|source| ConfigurationError::Unusable { origin, source })?;
        let sealing = match variables.text(TOKEN_CACHE_KEY).await? {
            None => None,
            Some(text) => Some(SealingKeys::parse(&text)?),
        };
        let access = Access::load(variables, files, http, random).await?;
        for upstream in upstreams.iter() {
            if upstream.acts_for == ActsFor::Connection && sealing.is_none() {
                let credential = upstream.credential.clone();
                return Err(ConfigurationError::SealingKeyUnset { credential });
            }
            if upstream.acts_for == ActsFor::Caller && matches!(access, Access::Anonymous) {
                let upstream = upstream.name.clone();
                return Err(ConfigurationError::CallerUnjudged { upstream });
            }
        }
        let public_url = match variables.text(PUBLIC_URL).await? {
            None => None,
            Some(text) => Some(public_url(&text).ok_or(ConfigurationError::PublicUrl)?),
        };
        Ok(Self { upstreams, credentials, sealing, access, public_url })
    }
}

fn public_url(text: &str) -> Option<String> {
    let endpoint = Endpoint::parse(text).ok()?;
    endpoint.uri().query().is_none().then(|| text.trim_end_matches('/').to_owned())
}
