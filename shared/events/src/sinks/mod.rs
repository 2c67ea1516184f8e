//! The configured places that get events.

mod credential;
mod endpoint;
mod reader;
mod sink;

use headgate_core::Variables;

pub use credential::{Credential, Identity, SasKey, SigningSecret};
pub use endpoint::Endpoint;
pub use sink::{
    EventBridge, EventGridNamespace, EventGridSchema, EventGridTopic, Mode, RetryPolicy, Sink,
    Target, Webhook,
};

use crate::document::{self, DocumentError};
use crate::event::Event;
use crate::tokens::{KnownCredentials, NoTokens};

/// The sinks of a function, by the variable `sinks`.
///
/// The variable holds a TOML document with a table per sink:
///
/// ```toml
/// [audit]
/// kind = "webhook"
/// url = "https://audit.example/events"
/// mode = "structured"                         # structured (the default), binary or batch
/// secret = "${secret:audit-signing-key}"      # optional: whsec_…, signs as Standard Webhooks
/// # credential = "events"                     # optional: a name of the variable credentials, whose token is sent along
/// # scope = "api://audit/.default"            # and what that token is for
///
/// [operators]
/// kind = "event-grid-topic"
/// url = "https://operators.westeurope-1.eventgrid.azure.net/api/events"
/// key = "${secret:operators-key}"             # or sas-key: signs with it and does not send it; or sas-token; or
/// # credential = "events"                     # a name of the variable credentials, who is an EventGrid Data Sender
/// # scope = "https://eventgrid.azure.net/.default"   # this is the default
/// schema = "event-grid"                       # the topic's input schema: event-grid (the default) or cloud-events
/// filter.types = ["Microsoft.ApiManagement.CircuitBreaker.*"]
/// filter.subject-begins-with = "/backends/orders/"
/// filter.data = { "/backendName" = "orders" } # by JSON Pointer
/// max-attempts = 30                           # 1 to 30
/// ttl-minutes = 1440                          # 1 to 1440
/// connect-timeout-seconds = 10                # 1 to 60; for every kind but stdout
/// timeout-seconds = 30                        # 1 to 120, until the answer's head is there; for every kind but stdout
///
/// [archive]
/// kind = "event-grid-namespace"
/// url = "https://archive.westeurope-1.eventgrid.azure.net"
/// topic = "gateway"
/// key = "${secret:archive-key}"
/// api-version = "2023-11-01"                  # this is the default
///
/// [bus]
/// kind = "event-bridge"                       # on AWS, from a native host
/// bus = "gateway"
/// region = "eu-west-1"
///
/// [log]
/// kind = "stdout"
/// ```
///
/// Without sinks events go nowhere: the outbox keeps only what somebody is to get.
#[derive(Clone, Debug, Default)]
pub struct Sinks(Vec<Sink>);

impl Sinks {
    /// No sinks: the variable is not set.
    #[must_use]
    pub const fn none() -> Self {
        Self(Vec::new())
    }

    /// Reads the document, with the variables that it refers to as `${secret:NAME}`, for a function without credentials.
    ///
    /// # Errors
    ///
    /// [`DocumentError`] with the line, column and key of whatever cannot be honoured: nothing is passed over.
    pub async fn load(text: &str, variables: &impl Variables) -> Result<Self, DocumentError> {
        Self::load_with(text, variables, &NoTokens).await
    }

    /// Reads the document for a function with these credentials.
    ///
    /// # Errors
    ///
    /// As [`load`](Self::load), and for a credential that is none of these.
    pub async fn load_with(
        text: &str,
        variables: &impl Variables,
        credentials: &impl KnownCredentials,
    ) -> Result<Self, DocumentError> {
        let mut root = document::parse(text)?;
        document::expand(&mut root, variables).await?;
        reader::read(&root, credentials).map(Self)
    }

    /// The sink of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Sink> {
        self.0.iter().find(|sink| sink.name == name)
    }

    /// Every sink, in the document's order.
    pub fn iter(&self) -> impl Iterator<Item = &Sink> {
        self.0.iter()
    }

    /// The sinks that are to get the event.
    pub fn for_event<'a>(&'a self, event: &'a Event) -> impl Iterator<Item = &'a Sink> {
        self.0.iter().filter(|sink| sink.filter.passes(event))
    }
}
