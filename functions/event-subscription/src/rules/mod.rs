//! Which handlers an event is owed.

mod reader;
mod rule;

use headgate_core::Variables;
use headgate_events::document::{self, DocumentError};
use headgate_events::{Endpoint, Event, Sinks};

pub use rule::{FunctionCall, Mode, Rule, Then, Webhook};

/// The rules of the variable `rules`: a TOML document with a table per rule.
///
/// ```toml
/// [page-operators]
/// when.types = ["Microsoft.ApiManagement.CircuitBreaker.*"]   # with * at the end, or without
/// when.subject-begins-with = "/backends/orders/"
/// when.subject-ends-with = "/default"
/// when.data = { "/backendName" = "orders" }                   # by JSON Pointer
/// then.webhook.url = "https://hooks.example/incidents"
/// then.webhook.headers = { authorization = "Bearer ${secret:pager-token}" }
/// then.webhook.mode = "structured"                            # or binary
///
/// [restart]
/// when.types = ["Microsoft.ApiManagement.CircuitBreaker.Opened"]
/// then.function.name = "desktop-flow"                         # a function of the collection
/// then.function.path = "/runs/restart-orders"
/// then.function.timeout-seconds = 20                          # 1 to 120, for a webhook too
/// then.function.connect-timeout-seconds = 5                   # 1 to 60
///
/// [keep]
/// then.sink = "archive"                                       # a name of the variable sinks
/// ```
///
/// Without `when` a rule gets every event.
#[derive(Clone, Debug, Default)]
pub struct Rules(Vec<Rule>);

impl Rules {
    /// Reads the document, with the variables that it refers to as `${secret:NAME}`.
    ///
    /// # Errors
    ///
    /// [`DocumentError`] with the line, column and key of whatever cannot be honoured.
    pub async fn load(
        text: &str,
        variables: &impl Variables,
        sinks: &Sinks,
        collection: &Endpoint,
    ) -> Result<Self, DocumentError> {
        let mut root = document::parse(text)?;
        document::expand(&mut root, variables).await?;
        reader::read(root, sinks, collection).map(Self)
    }

    /// The rule of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Rule> {
        self.0.iter().find(|rule| rule.name == name)
    }

    /// Every rule, in the document's order.
    pub fn iter(&self) -> impl Iterator<Item = &Rule> {
        self.0.iter()
    }

    /// The rules whose handlers the event is owed.
    pub fn for_event<'a, 'e>(
        &'a self,
        event: &'e Event,
    ) -> impl Iterator<Item = &'a Rule> + use<'a, 'e> {
        self.0.iter().filter(|rule| rule.takes(event))
    }
}
