//! Whose messages are believed.

mod error;
mod reader;
mod required;
mod shared_secret;
mod token;

use std::sync::Arc;

use headgate_core::{Body, Random, Timestamp, Variables};
use headgate_events::document;
use headgate_jwt::Ports;
use http::request::Parts;
use http::{HeaderMap, Response};

pub use error::ChecksError;
pub use required::Required;
pub use shared_secret::{SecretPlace, SharedSecret};
pub use token::TokenCheck;

use crate::refusal::Refusal;

/// The variable `checks`: `none`, said in so many words, or a TOML document.
///
/// ```toml
/// subscriptions = ["orders-events"]            # the aeg-subscription-name must be one of these; case does not count
///
/// [signature]                                  # Standard Webhooks
/// secret = "${secret:webhook-signing-key}"     # whsec_…; or an array of them, while one replaces another
///
/// [shared-secret]
/// query = "code"                               # or header = "x-webhook-key"
/// value = "${secret:webhook-key}"              # or an array of them
///
/// [token]                                      # a bearer token, by a policy of the function token-validation
/// policy = '''
/// <validate-azure-ad-token tenant-id="contoso.onmicrosoft.com">
///   <audiences><audience>api://event-subscription</audience></audiences>
/// </validate-azure-ad-token>
/// '''
/// ```
///
/// A message must pass each check that is there.
#[derive(Clone, Debug, Default)]
pub enum Checks {
    /// The variable is not set: nobody is believed.
    #[default]
    Unset,
    /// Everybody is, said in so many words.
    None,
    /// Who passes these.
    Required(Required),
}

/// What a check looks at.
#[derive(Clone, Copy, Debug)]
pub struct Asking<'a> {
    /// The request's headers.
    pub headers: &'a HeaderMap,
    /// Its query.
    pub query: Option<&'a str>,
    /// Its body.
    pub body: &'a [u8],
}

impl Checks {
    /// Reads the document, with the variables that it refers to as `${secret:NAME}`.
    ///
    /// # Errors
    ///
    /// [`ChecksError`] with the line, column and key of whatever cannot be honoured.
    pub async fn load(
        text: &str,
        variables: &impl Variables,
        random: &impl Random,
    ) -> Result<Self, ChecksError> {
        let mut root = document::parse(text)?;
        let token = TokenCheck::load(&root, variables, random).await?.map(Arc::new);
        document::expand(&mut root, variables).await?;
        Ok(Self::Required(reader::read(&root, token)?))
    }

    /// Answers a message whose token the policy does not let pass; `None` when it does, or when no token is asked for. The
    /// answer's outcome has this route.
    pub async fn token_refusal(
        &self,
        ports: &impl Ports,
        parts: &Parts,
        route: &'static str,
    ) -> Option<Response<Body>> {
        self.token()?.refusal(ports, parts, route).await
    }

    /// Fetches the keys of the policy that will soon be old, so that no message has to wait for it.
    pub async fn refresh_keys(&self, ports: &impl Ports) {
        if let Some(token) = self.token() {
            token.refresh_keys(ports).await;
        }
    }

    fn token(&self) -> Option<&TokenCheck> {
        match self {
            Self::Required(required) => required.token.as_deref(),
            Self::Unset | Self::None => None,
        }
    }

    /// Judges whether a message's sender is believed by everything but its token.
    ///
    /// # Errors
    ///
    /// [`Refusal`] with the check that it does not pass.
    pub fn judge(&self, asking: Asking<'_>, now: Timestamp) -> Result<(), Refusal> {
        match self {
            Self::Unset => Err(Refusal::ChecksNotConfigured),
            Self::None => Ok(()),
            Self::Required(required) => required.judge(asking, now),
        }
    }
}
