use url::Url;

use super::credentials::Credentials;
use super::name::{BackendName, RuleName};
use super::rule::Rule;

/// A service that is called: an ARM backend of type `Single` (contracts §2).
///
/// `protocol` may be `http` or `soap`. Both are carried as HTTP: a SOAP message is an HTTP body, and nothing here looks
/// into bodies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backend {
    /// Its name.
    pub name: BackendName,
    /// `url`: absolute, `http` or `https`, without user, password, query and fragment; 1 to 2,000 characters.
    pub url: Url,
    /// `title`, at most 300 characters.
    pub title: Option<String>,
    /// `description`, at most 2,000 characters.
    pub description: Option<String>,
    /// `credentials`: what is added to each request.
    pub credentials: Credentials,
    /// `circuitBreaker.rules`, at most 15, in the document's order; API Management accepts one.
    pub rules: Vec<Rule>,
}

impl Backend {
    /// The rule of this name.
    #[must_use]
    pub fn rule(&self, name: &RuleName) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.name == *name)
    }
}
