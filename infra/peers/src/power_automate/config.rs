use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use headgate_core::{Clock, Secret};
use serde_json::Value;

use super::token::Trusted;
use crate::issuer::{DEFAULT_TENANT, Guid, SystemClock};

/// An environment's cloud flows.
pub struct PowerAutomateConfig {
    /// Where to listen: loopback alone.
    pub listen: SocketAddr,
    /// Whose tokens are taken.
    pub trusted: Trusted,
    /// Whom they must be for: exactly, with the slash at its end.
    pub audience: String,
    /// The environment's tenant.
    pub tenant: String,
    /// The flows.
    pub flows: Vec<CloudFlow>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// A cloud flow.
#[derive(Clone, Debug)]
pub struct CloudFlow {
    /// Its id: stands in its address as 32 hexadecimal digits.
    pub id: Guid,
    /// Who may call it.
    pub may_call: MayCall,
    /// What it does.
    pub does: Does,
    /// A member that its schema requires of what it is sent.
    pub requires: Option<String>,
    /// Whether it is turned off.
    pub is_off: bool,
}

impl CloudFlow {
    /// A flow that every user of the tenant may call, with any content.
    #[must_use]
    pub const fn new(id: Guid, does: Does) -> Self {
        Self { id, may_call: MayCall::Tenant, does, requires: None, is_off: false }
    }
}

/// Who may call a flow.
#[derive(Clone, Debug)]
pub enum MayCall {
    /// Any user of the tenant.
    Tenant,
    /// These, by their object ids; nobody named is everybody.
    Specific(Vec<Guid>),
    /// Anyone who has the signature.
    Anyone(Secret),
}

/// What a flow does.
#[derive(Clone, Debug)]
pub enum Does {
    /// It answers at once.
    Answers(FlowAnswer),
    /// It answers 202 and has no action Response.
    Accepts,
    /// Its action Response is asynchronous: the answer is there after so many looks.
    AnswersLater {
        /// How many looks find that it goes on.
        looks: u32,
        /// `Retry-After`, in seconds.
        retry_after: Option<u64>,
        /// What it answers then.
        answer: FlowAnswer,
    },
    /// It ends without an answer.
    NeverAnswers,
}

/// What the action Response says.
#[derive(Clone, Debug)]
pub struct FlowAnswer {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: Vec<(String, String)>,
    /// The body; `None` is what the flow was sent.
    pub body: Option<Value>,
}

impl FlowAnswer {
    /// 200 with what the flow was sent.
    #[must_use]
    pub const fn echo() -> Self {
        Self { status: 200, headers: Vec::new(), body: None }
    }

    /// A status and a body.
    #[must_use]
    pub const fn of(status: u16, body: Value) -> Self {
        Self { status, headers: Vec::new(), body: Some(body) }
    }
}

impl Default for PowerAutomateConfig {
    /// A free port, no flow, the public cloud's audience, and nobody's tokens.
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            trusted: Trusted::Keys(Vec::new()),
            audience: "https://service.flow.microsoft.com/".to_owned(),
            tenant: DEFAULT_TENANT.to_owned(),
            flows: Vec::new(),
            clock: Arc::new(SystemClock),
        }
    }
}

impl std::fmt::Debug for PowerAutomateConfig {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("PowerAutomateConfig")
            .field("audience", &self.audience)
            .finish_non_exhaustive()
    }
}
