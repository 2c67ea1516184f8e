//! The variables, read and validated once.

use std::sync::Arc;

use headgate_core::{
    DocumentError, DocumentLoader, Files, HttpClient, Random, Variables, VariablesError,
};
use headgate_jwt::conditions::client_certificate::{TrustAnchors, TrustError};
use headgate_jwt::gate::{DEFAULT_POLICY, Gate, GateError};
use headgate_jwt::policy::{self, PolicyError, PolicySet};
use headgate_jwt::secure_url::SecureUrl;
use headgate_jwt::subscription::{Products, ProductsError};
use headgate_jwt::{Access, AccessError, Forwarding};
use http::{HeaderName, HeaderValue};

use crate::attempts::AttemptsTarget;
use crate::variables::{
    ATTEMPTS_AUTHORIZATION, ATTEMPTS_URL, AUTHORIZER_POLICY, CLIENT_ADDRESS_HEADER,
    CLIENT_CERTIFICATE_ANCHORS, CLIENT_CERTIFICATE_CRLS, CLIENT_CERTIFICATE_HEADER,
    MIDDLEWARE_POLICY, POLICY, PRODUCTS,
};

/// The function's variables, read and validated once.
#[derive(Debug)]
pub struct Configuration {
    /// What judges requests.
    pub gate: Gate,
    /// Who may ask the function itself.
    pub access: Access,
    /// `authorizer_policy`.
    pub authorizer_policy: String,
    /// `middleware_policy`.
    pub middleware_policy: String,
    /// `client_address_header` and `client_certificate_header`.
    pub forwarding: Forwarding,
    /// `attempts_url` and `attempts_authorization`.
    pub attempts: Option<AttemptsTarget>,
}

/// Why the variables cannot be put into force.
#[derive(Debug, thiserror::Error)]
pub enum ConfigurationError {
    /// There is nothing to judge by.
    #[error("variable policy is not set: give it a policy document, file:PATH or an https address")]
    PolicyUnset,
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
    /// A policy document cannot be honoured.
    #[error("{origin}: {source}")]
    Policy {
        /// Where the document stands.
        origin: String,
        /// What is wrong, and where.
        source: PolicyError,
    },
    /// The products document cannot be honoured.
    #[error(transparent)]
    Products(#[from] ProductsError),
    /// Certificates or revocation lists cannot be read.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// Policies, products and keys do not fit together.
    #[error(transparent)]
    Gate(#[from] GateError),
    /// The variable `access` cannot be put into force.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// A variable must be a header's name.
    #[error("variable {0} is not a header's name")]
    HeaderName(&'static str),
    /// `attempts_url` is no address, or one over which a secret may not go.
    #[error("variable attempts_url must be an https address, or an http address of this machine")]
    AttemptsUrl,
    /// `attempts_authorization` cannot stand in a header.
    #[error("variable attempts_authorization must be visible ASCII characters and spaces")]
    AttemptsAuthorization,
}

impl Configuration {
    /// Loads the variables and the documents that they refer to.
    ///
    /// # Errors
    ///
    /// [`ConfigurationError`], which names the variable or the document with line and column, and no secret.
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
        let products = match load(PRODUCTS).await? {
            Some(document) => Products::read(&document)?,
            None => Products::default(),
        };
        let policies = match load(POLICY).await? {
            Some(document) => read_policies(&document, variables).await?,
            None if products.iter().next().is_some() => PolicySet { policies: Vec::new() },
            None => return Err(ConfigurationError::PolicyUnset),
        };
        let anchors = load(CLIENT_CERTIFICATE_ANCHORS).await?;
        let crls = load(CLIENT_CERTIFICATE_CRLS).await?;
        let trust = Arc::new(TrustAnchors::from_pem(
            anchors.as_ref().map(|document| document.text.as_str()),
            crls.as_ref().map(|document| document.text.as_str()),
        )?);
        let policy_name = async |variable| {
            let name: Option<String> = variables.get(variable).await?;
            Ok::<_, VariablesError>(
                name.filter(|name| !name.trim().is_empty())
                    .unwrap_or_else(|| DEFAULT_POLICY.to_owned()),
            )
        };
        let header = async |variable| match variables.get(variable).await?.as_deref().map(str::trim)
        {
            None | Some("") => Ok(None),
            Some(name) => HeaderName::try_from(name)
                .map(Some)
                .map_err(|_| ConfigurationError::HeaderName(variable)),
        };
        let forwarding = Forwarding {
            client_address: header(CLIENT_ADDRESS_HEADER).await?,
            client_certificate: header(CLIENT_CERTIFICATE_HEADER).await?,
        };
        let access = Access::load_with(&documents, random, forwarding.clone(), Arc::clone(&trust));
        Ok(Self {
            access: access.await?,
            gate: Gate::new(policies, products, trust, random)?,
            authorizer_policy: policy_name(AUTHORIZER_POLICY).await?,
            middleware_policy: policy_name(MIDDLEWARE_POLICY).await?,
            forwarding,
            attempts: attempts_target(variables).await?,
        })
    }
}

async fn attempts_target(
    variables: &impl Variables,
) -> Result<Option<AttemptsTarget>, ConfigurationError> {
    let Some(url) = variables.text(ATTEMPTS_URL).await? else { return Ok(None) };
    let url = SecureUrl::parse(&url).map_err(|_| ConfigurationError::AttemptsUrl)?;
    let mut authorization = match variables.text(ATTEMPTS_AUTHORIZATION).await? {
        None => None,
        Some(text) => Some(
            HeaderValue::try_from(text).map_err(|_| ConfigurationError::AttemptsAuthorization)?,
        ),
    };
    if let Some(value) = &mut authorization {
        value.set_sensitive(true);
    }
    Ok(Some(AttemptsTarget { url, authorization }))
}

async fn read_policies(
    document: &headgate_core::Document,
    variables: &impl Variables,
) -> Result<PolicySet, ConfigurationError> {
    policy::load(&document.text, variables)
        .await
        .map_err(|source| ConfigurationError::Policy { origin: document.origin.clone(), source })
}
