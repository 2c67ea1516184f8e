use std::fmt;
use std::pin::Pin;

use headgate_core::reply::with_outcome;
use headgate_core::{Body, Random, Variables};
use headgate_events::document::{DocumentErrorKind, Fields, Position, Table};
use headgate_jwt::gate::{DEFAULT_POLICY, Gate};
use headgate_jwt::policy::{self, Statement};
use headgate_jwt::verdict::Verdict;
use headgate_jwt::{Forwarding, Ports, denial_response};
use http::Response;
use http::request::Parts;

use super::error::ChecksError;
use super::reader::KNOWN;

/// A policy that judges the token of a message, as the function token-validation judges one.
pub struct TokenCheck {
    gate: Gate,
    forwarding: Forwarding,
}

impl TokenCheck {
    /// Reads the check of a document whose references are *not* put in: the policy's reader does that where a value cannot
    /// change the policy. `None` when the document has none.
    ///
    /// # Errors
    ///
    /// [`ChecksError`] when the policy cannot be honoured, or judges no token.
    pub(super) async fn load(
        root: &Table,
        variables: &impl Variables,
        random: &impl Random,
    ) -> Result<Option<Self>, ChecksError> {
        let fields = Fields::of(root, "", Position::START, &KNOWN)?;
        let Some(fields) = fields.table("token", &["policy"])? else { return Ok(None) };
        let text = fields.required_text("policy")?;
        let position = fields.get("policy").map_or(Position::START, |value| value.position);
        let policies = policy::load(text, variables).await;
        let policies = policies.map_err(|source| ChecksError::Policy { position, source })?;
        let is_token = |statement: &Statement| matches!(statement, Statement::ValidateToken(_));
        let judges = |policy: &policy::Policy| policy.statements.iter().any(is_token);
        if !policies.get(DEFAULT_POLICY).is_some_and(judges) {
            let reason =
                "must have a policy named default with validate-azure-ad-token or validate-jwt";
            return Err(fields.wrong("policy", DocumentErrorKind::Conflict { reason }).into());
        }
        let gate = Gate::new(policies, Default::default(), Default::default(), random)
            .map_err(|source| ChecksError::Gate { position, source: Box::new(source) })?;
        Ok(Some(Self { gate, forwarding: Forwarding::default() }))
    }

    /// Answers a message that the policy does not let pass, as token-validation answers one; `None` when it does.
    pub(super) async fn refusal(
        &self,
        ports: &impl Ports,
        parts: &Parts,
        route: &'static str,
    ) -> Option<Response<Body>> {
        let facts = self.forwarding.facts(parts);
        // Boxed without its type: it is deep, and nested in the function's own future it is too deep for the compiler.
        let judged: Pin<Box<dyn Future<Output = Verdict> + Send + '_>> =
            Box::pin(self.gate.judge(DEFAULT_POLICY, &facts, ports));
        match judged.await {
            Verdict::Allowed(_) => None,
            Verdict::Denied(denial) => {
                let response = denial_response(&denial, &facts);
                Some(with_outcome(response, route, denial.rejection.reason()))
            }
        }
    }

    /// Fetches the keys that will soon be old.
    pub(super) async fn refresh_keys(&self, ports: &impl Ports) {
        self.gate.refresh_keys(ports).await;
    }
}

/// Shows no key.
impl fmt::Debug for TokenCheck {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("TokenCheck(…)")
    }
}
