use std::fmt;
use std::time::Duration;

use headgate_core::Timeout;
use headgate_entra::Scope;
use http::{HeaderName, Uri};

/// A flow that may be called. `Debug` does not show its address.
#[derive(Clone)]
pub struct Flow {
    /// Its name here.
    pub name: String,
    /// Where it is called: a secret, when it carries a signature.
    pub address: Uri,
    /// As whom it is called.
    pub caller: Caller,
    /// The policy of the variable `access` that judges who calls it, when it has one of its own.
    pub policy: Option<String>,
    /// How the names of hosts end that its answers may be fetched from; one without a dot in front is whole.
    pub answer_hosts: Vec<String>,
    /// Headers that go to it besides the usual ones.
    pub request_headers: Vec<HeaderName>,
    /// Headers that come from it besides the usual ones.
    pub answer_headers: Vec<HeaderName>,
    /// How long it may take to begin its answer.
    pub timeout: Timeout,
    /// How long a call waits for a run that goes on.
    pub wait: Duration,
    /// How often such a run is asked for, where it does not say so itself.
    pub poll: Duration,
}

/// As whom a flow is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Caller {
    /// As anybody who has its address, which carries a signature: never together with a token.
    Signature,
    /// As an identity.
    Identity {
        /// The credential's name.
        credential: String,
        /// What its token is for.
        scope: Scope,
    },
}

impl fmt::Debug for Flow {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Flow")
            .field("name", &self.name)
            .field("caller", &self.caller)
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}
