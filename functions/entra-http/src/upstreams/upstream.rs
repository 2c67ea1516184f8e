use headgate_core::Timeout;
use headgate_entra::{ActsFor, Scope};
use headgate_proxy::Destination;
use http::Method;
use url::Url;

use super::{Allow, RequestHeaders, ResponseHeaders};

/// An API that may be called, and how.
#[derive(Debug)]
pub struct Upstream {
    /// Its name in paths.
    pub name: String,
    /// Where it is.
    pub destination: Destination,
    pub(crate) url: Url,
    /// What its tokens are for.
    pub scope: Scope,
    /// Whose tokens they are.
    pub credential: String,
    /// As whom the credential acts.
    pub acts_for: ActsFor,
    /// What may be asked of it.
    pub allow: Vec<Allow>,
    /// Whether the paths of the allow-list are compared without regard to case.
    pub ignore_case: bool,
    /// How requests' bodies come.
    pub body: BodyForm,
    /// Which headers go on.
    pub request_headers: RequestHeaders,
    /// Which headers come back.
    pub response_headers: ResponseHeaders,
    /// What becomes of a redirect to somewhere else.
    pub redirects: Redirects,
    /// The members of a page that may lead to the next.
    pub next_link: Vec<String>,
    /// Whether its host may have a private address.
    pub private_network: bool,
    /// The longest body of a request, as it is sent on.
    pub request_bytes: u64,
    /// The longest body of a response.
    pub response_bytes: u64,
    /// How long it may take.
    pub timeout: Timeout,
    /// The most pages of one list.
    pub pages: usize,
}

/// How requests' bodies come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BodyForm {
    /// As they are to be sent on.
    #[default]
    Raw,
    /// In base64, as the connector "HTTP with Microsoft Entra ID" sends them.
    Base64,
}

/// What becomes of a redirect to somewhere else than the upstream. Nothing follows one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Redirects {
    /// It is refused.
    #[default]
    Own,
    /// The caller gets it, and may follow it with no token of ours.
    Pass,
}

impl Upstream {
    /// Whether a request is on the allow-list.
    #[must_use]
    pub fn admits(&self, method: &Method, segments: &[String]) -> bool {
        self.allow.iter().any(|allow| allow.admits(method, segments, self.ignore_case))
    }
}
