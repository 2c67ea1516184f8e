use headgate_core::{
    Document, DocumentError as LoadError, DocumentLoader, Files, HttpClient, Variables,
    VariablesError,
};
use headgate_events::document::DocumentError;

use crate::{Credentials, Identities, Ports, SealingKeyError, SealingKeys, World};

/// The variable of the document of credentials.
pub const CREDENTIALS: &str = "credentials";
/// The variable of the keys that seal tokens in the store.
pub const TOKEN_CACHE_KEY: &str = "token_cache_key";

/// Who a function can be: the variables `credentials` and `token_cache_key`, both of which may be unset.
#[derive(Debug, Default)]
pub struct IdentityVariables {
    /// `credentials`.
    pub credentials: Credentials,
    /// `token_cache_key`.
    pub sealing: Option<SealingKeys>,
}

/// Why these variables cannot be put into force.
#[derive(Debug, thiserror::Error)]
pub enum IdentityVariablesError {
    /// The provider of variables failed.
    #[error(transparent)]
    Variable(#[from] VariablesError),
    /// The document could not be had.
    #[error("variable {CREDENTIALS}: {0}")]
    Load(#[source] LoadError),
    /// The document cannot be honoured.
    #[error("{origin}: {source}")]
    Document {
        /// Where the document stands.
        origin: String,
        /// What is wrong, and where.
        source: DocumentError,
    },
    /// The keys are none.
    #[error("variable {TOKEN_CACHE_KEY}: {0}")]
    Sealing(#[source] SealingKeyError),
}

impl IdentityVariables {
    /// Loads the variables and the document that one refers to.
    ///
    /// # Errors
    ///
    /// [`IdentityVariablesError`], which names the variable, or the document with line, column and key, and no secret.
    pub async fn load(
        documents: &DocumentLoader<'_, impl Variables, impl Files, impl HttpClient>,
    ) -> Result<Self, IdentityVariablesError> {
        let variables = documents.variables;
        let loaded = documents.load(CREDENTIALS).await.map_err(IdentityVariablesError::Load)?;
        let credentials = match loaded {
            None => Credentials::none(),
            Some(Document { origin, text }) => Credentials::load(&text, variables)
                .await
                .map_err(|source| IdentityVariablesError::Document { origin, source })?,
        };
        let sealing = match variables.text(TOKEN_CACHE_KEY).await? {
            None => None,
            Some(text) => Some(SealingKeys::parse(&text).map_err(IdentityVariablesError::Sealing)?),
        };
        Ok(Self { credentials, sealing })
    }

    /// Makes the identities, and leaves none here.
    pub fn take<W: World>(&mut self, ports: Ports<W>) -> Identities<W> {
        let Self { credentials, sealing } = std::mem::take(self);
        Identities::new(credentials, sealing, ports)
    }
}
