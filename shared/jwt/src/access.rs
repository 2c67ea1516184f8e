//! Who may ask a function itself: the variable `access`.

use std::pin::Pin;
use std::sync::Arc;

use headgate_core::{
    Body, Document, DocumentError, DocumentLoader, Files, HttpClient, Outcome, PlatformEvent,
    Problem, Random, Variables, VariablesError,
};
use http::request::Parts;
use http::{Response, StatusCode};

use crate::conditions::client_certificate::TrustAnchors;
use crate::denial::denial_response;
use crate::forwarding::Forwarding;
use crate::gate::{DEFAULT_POLICY, Gate, GateError};
use crate::policy::{self, PolicyError};
use crate::ports::Ports;
use crate::subscription::Products;
use crate::verdict::Verdict;

/// The variable's name.
pub const ACCESS: &str = "access";

/// Who may ask a function itself: the variable `access`.
#[derive(Debug)]
pub enum Access {
    /// Nobody: the variable is not set.
    Nobody,
    /// Anybody, said in so many words.
    Anonymous,
    /// Whom a policy lets pass.
    Policy(Box<Guard>),
}

/// A policy that guards a function's own routes.
#[derive(Debug)]
pub struct Guard {
    gate: Gate,
    forwarding: Forwarding,
}

/// Why the variable `access` cannot be put into force.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    /// The provider of variables failed.
    #[error(transparent)]
    Variable(#[from] VariablesError),
    /// The document could not be had.
    #[error("variable {ACCESS}: {0}")]
    Document(#[source] DocumentError),
    /// The policy document cannot be honoured.
    #[error("{origin}: {source}")]
    Policy {
        /// Where the document stands.
        origin: String,
        /// What is wrong, and where.
        source: PolicyError,
    },
    /// The policy that guards the function has another name.
    #[error("variable {ACCESS}: the document must have a policy named {DEFAULT_POLICY}")]
    DefaultMissing,
    /// The policy's keys or certificates cannot be used.
    #[error("variable {ACCESS}: {0}")]
    Gate(#[from] GateError),
}

impl Access {
    /// Loads the variable and the document that it holds or refers to, for a function without variables of its own for
    /// who calls: the connection says the caller's address, the platform the certificate, and no authority is trusted
    /// to vouch for clients.
    ///
    /// # Errors
    ///
    /// [`AccessError`], which names the variable or the document with line and column, and no secret.
    pub async fn load(
        variables: &impl Variables,
        files: &impl Files,
        http: &impl HttpClient,
        random: &impl Random,
    ) -> Result<Self, AccessError> {
        let documents = DocumentLoader { variables, files, http };
        Self::load_with(&documents, random, Forwarding::default(), Arc::default()).await
    }

    /// Loads the same with the headers that hand on who calls, and with those who are trusted to vouch for clients.
    ///
    /// # Errors
    ///
    /// As [`Access::load`].
    pub async fn load_with(
        documents: &DocumentLoader<'_, impl Variables, impl Files, impl HttpClient>,
        random: &impl Random,
        forwarding: Forwarding,
        trust: Arc<TrustAnchors>,
    ) -> Result<Self, AccessError> {
        let variables = documents.variables;
        match variables.get(ACCESS).await?.as_deref().map(str::trim) {
            None | Some("") => return Ok(Self::Nobody),
            Some("anonymous") => return Ok(Self::Anonymous),
            Some(_) => {}
        }
        let loaded = documents.load(ACCESS).await.map_err(AccessError::Document)?;
        let Some(Document { origin, text }) = loaded else { return Ok(Self::Nobody) };
        let policies = match policy::load(&text, variables).await {
            Ok(policies) => policies,
            Err(source) => return Err(AccessError::Policy { origin, source }),
        };
        if policies.get(DEFAULT_POLICY).is_none() {
            return Err(AccessError::DefaultMissing);
        }
        let gate = Gate::new(policies, Products::default(), trust, random)?;
        Ok(Self::Policy(Box::new(Guard { gate, forwarding })))
    }

    /// Answers a request to the function's own routes that may not pass; `None` when it may. The answer's outcome has
    /// this route.
    ///
    /// What the platform itself sends ([`PlatformEvent`]) always passes: no HTTP caller can send it, and it has no token.
    pub async fn refusal(
        &self,
        ports: &impl Ports,
        parts: &Parts,
        route: &'static str,
    ) -> Option<Response<Body>> {
        if parts.extensions.get::<PlatformEvent>().is_some() {
            return None;
        }
        let (mut response, result) = match self {
            Self::Anonymous => return None,
            Self::Nobody => {
                let response = Problem::new(StatusCode::FORBIDDEN, "access is not configured")
                    .detail("set the variable access to anonymous or to a policy document")
                    .into_response();
                (response, "AccessNotConfigured")
            }
            Self::Policy(guard) => {
                let facts = guard.forwarding.facts(parts);
                // Boxed without its type: it is deep, and nested in functions' own futures it is too deep for the compiler.
                let judged: Pin<Box<dyn Future<Output = Verdict> + Send + '_>> =
                    Box::pin(guard.gate.judge(DEFAULT_POLICY, &facts, ports));
                match judged.await {
                    Verdict::Allowed(_) => return None,
                    Verdict::Denied(denial) => {
                        (denial_response(&denial, &facts), denial.rejection.reason())
                    }
                }
            }
        };
        response.extensions_mut().insert(Outcome { route, result });
        Some(response)
    }
}
