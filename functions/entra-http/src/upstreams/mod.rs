//! The APIs that may be called, by the variable `upstreams`: the model, and how it is read.

mod allow;
mod headers;
mod preset;
mod reader;
mod upstream;

use std::collections::BTreeMap;

use headgate_core::Variables;
use headgate_entra::Credentials;
use headgate_events::document::{self, DocumentError};

pub use allow::{Allow, PathPattern};
pub use headers::{RequestHeaders, ResponseHeaders};
pub use preset::Preset;
pub use upstream::{BodyForm, Redirects, Upstream};

/// The upstreams by name.
///
/// The variable holds a TOML document with a table per upstream:
///
/// ```toml
/// [arm]
/// preset = "azure-resource-manager"        # what the preset says holds unless it is said here
/// credential = "robots"                    # a name of the document of credentials
///
/// [orders]
/// url = "https://orders.example/api"       # http on loopback alone
/// scope = "api://orders/.default"          # or resource = "api://orders"
/// credential = "orders"
/// body = "raw"                             # or base64: requests' bodies are decoded
/// redirects = "own"                        # or pass: those to other hosts go to the caller
/// next-link = ["nextLink"]                 # the members of a page that lead to the next
/// ignore-case = false                      # of paths
/// private-network = false                  # whether the host may have a private address
/// request-bytes = 104857600
/// response-bytes = 1073741824
/// timeout-ms = 100000
/// pages = 100
///
/// [[orders.allow]]
/// methods = ["GET", "HEAD"]
/// paths = ["/orders/**", "/accounts(*)"]
///
/// [orders.request-headers]
/// pass = ["x-tenant"]
/// drop = ["user-agent"]
/// set = { x-api-key = "${secret:orders-key}" }
///
/// [orders.response-headers]
/// drop = ["server"]
/// set = { cache-control = "no-store" }
/// ```
#[derive(Debug)]
pub struct Upstreams(BTreeMap<String, Upstream>);

impl Upstreams {
    /// Reads the document, with the variables that it refers to as `${secret:NAME}`.
    ///
    /// # Errors
    ///
    /// [`DocumentError`] with the line, column and key of whatever cannot be honoured: nothing is passed over.
    pub async fn load(
        text: &str,
        credentials: &Credentials,
        variables: &impl Variables,
    ) -> Result<Self, DocumentError> {
        let mut root = document::parse(text)?;
        document::expand(&mut root, variables).await?;
        reader::read(root, credentials).map(Self)
    }

    /// The upstream of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Upstream> {
        self.0.get(name)
    }

    /// Every upstream, in the order of the names.
    pub fn iter(&self) -> impl Iterator<Item = &Upstream> {
        self.0.values()
    }
}
