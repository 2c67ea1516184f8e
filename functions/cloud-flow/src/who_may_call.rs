use std::pin::Pin;
use std::sync::Arc;

use headgate_core::{
    Body, DocumentLoader, Files, HttpClient, Outcome, PlatformEvent, Random, Variables,
};
use headgate_jwt::access::ACCESS;
use headgate_jwt::gate::Gate;
use headgate_jwt::subscription::Products;
use headgate_jwt::verdict::Verdict;
use headgate_jwt::{Access, AccessError, Forwarding, Ports, denial_response, policy};
use http::Response;
use http::request::Parts;

use crate::configuration::ConfigurationError;
use crate::flows::{Flow, Flows};

/// Who may ask: the variable `access`, whose policies may be for a flow alone.
#[derive(Debug)]
pub(crate) struct WhoMayCall {
    /// Judges what no flow has a policy of its own for.
    access: Access,
    /// Judges the flows that name a policy.
    gate: Option<Gate>,
    forwarding: Forwarding,
}

impl WhoMayCall {
    pub(crate) async fn load(
        documents: &DocumentLoader<'_, impl Variables, impl Files, impl HttpClient>,
        flows: &Flows,
        random: &impl Random,
    ) -> Result<Self, ConfigurationError> {
        let DocumentLoader { variables, files, http } = *documents;
        let access = Access::load(variables, files, http, random).await?;
        let forwarding = Forwarding::default();
        let mut named =
            flows.iter().filter_map(|flow| Some((&flow.name, flow.policy.as_ref()?))).peekable();
        let Some((flow, policy)) = named.peek() else {
            return Ok(Self { access, gate: None, forwarding });
        };
        let missing = |flow: &str, policy: &str| ConfigurationError::PolicyMissing {
            flow: flow.to_owned(),
            policy: policy.to_owned(),
        };
        if !matches!(access, Access::Policy(_)) {
            return Err(missing(flow, policy));
        }
        let loaded = documents.load(ACCESS).await.map_err(AccessError::Document)?;
        let document = loaded.ok_or_else(|| missing(flow, policy))?;
        let origin = document.origin;
        let policies = policy::load(&document.text, variables).await;
        let policies = policies.map_err(|source| AccessError::Policy { origin, source })?;
        for (flow, policy) in named {
            if policies.get(policy).is_none() {
                return Err(missing(flow, policy));
            }
        }
        let gate = Gate::new(policies, Products::default(), Arc::default(), random);
        Ok(Self { access, gate: Some(gate.map_err(AccessError::Gate)?), forwarding })
    }

    /// Answers a request that may not pass; `None` when it may.
    pub(crate) async fn refusal(
        &self,
        flow: Option<&Flow>,
        ports: &impl Ports,
        parts: &Parts,
        route: &'static str,
    ) -> Option<Response<Body>> {
        let own = flow.and_then(|flow| flow.policy.as_deref()).zip(self.gate.as_ref());
        let Some((policy, gate)) = own else {
            return self.access.refusal(ports, parts, route).await;
        };
        if parts.extensions.get::<PlatformEvent>().is_some() {
            return None;
        }
        let facts = self.forwarding.facts(parts);
        // Boxed without its type: it is deep, and nested in a request's future it is too deep for the compiler.
        let judged: Pin<Box<dyn Future<Output = Verdict> + Send + '_>> =
            Box::pin(gate.judge(policy, &facts, ports));
        match judged.await {
            Verdict::Allowed(_) => None,
            Verdict::Denied(denial) => {
                let mut response = denial_response(&denial, &facts);
                let result = denial.rejection.reason();
                response.extensions_mut().insert(Outcome { route, result });
                Some(response)
            }
        }
    }
}
