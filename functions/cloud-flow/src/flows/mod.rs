//! The document of flows, by the variable `flows`.
//!
//! It is TOML with a table per flow:
//!
//! ```toml
//! [approve]
//! url = "https://….environment.api.powerplatform.com:443/powerautomate/automations/direct/workflows/…/triggers/manual/paths/invoke?api-version=1"
//! credential = "robots"                 # of the document of credentials
//! cloud = "public"                      # public (the default), gcc, gcc-high, dod or china: whom the token is for
//! # audience = "https://service.flow.microsoft.com/"   # in place of the cloud's, exactly, with its slash
//! # access = "approvers"                # a policy of the variable access; default: its policy default
//! # timeout-seconds = 150               # how long the flow may take to begin its answer
//! # wait-seconds = 60                   # how long a call waits for a run that goes on
//! # poll-seconds = 5                    # how often such a run is asked for, where it does not say so itself
//! # location-hosts = ["poll.example"]   # hosts of answers besides those of the cloud
//! # request-headers = ["x-order"]       # headers that go to the flow besides the usual ones
//! # answer-headers = ["x-total"]        # headers of the flow's answer that come back besides the usual ones
//!
//! [notify]
//! url = "${secret:notify-url}"          # with sig: a secret, and without a credential
//! ```

mod flow;
mod reader;

use headgate_core::Variables;
use headgate_entra::Credentials;
use headgate_events::document::{self, DocumentError};

pub use flow::{Caller, Flow};

/// The flows that may be called.
#[derive(Debug)]
pub struct Flows(Vec<Flow>);

impl Flows {
    /// Reads the document, with the variables that it refers to as `${secret:NAME}`.
    ///
    /// # Errors
    ///
    /// [`DocumentError`] with the line, column and key of whatever cannot be honoured.
    pub async fn load(
        text: &str,
        credentials: &Credentials,
        variables: &impl Variables,
    ) -> Result<Self, DocumentError> {
        let mut root = document::parse(text)?;
        reader::refuse_open_signatures(&root)?;
        document::expand(&mut root, variables).await?;
        reader::read(&root, credentials).map(Self)
    }

    /// The flow of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Flow> {
        self.0.iter().find(|flow| flow.name == name)
    }

    /// Every flow, in the document's order.
    pub fn iter(&self) -> impl Iterator<Item = &Flow> {
        self.0.iter()
    }
}

#[cfg(test)]
mod tests;
