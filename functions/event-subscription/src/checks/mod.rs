//! Whose messages are believed.

mod reader;
mod required;
mod shared_secret;

use headgate_core::{Timestamp, Variables};
use headgate_events::document::{self, DocumentError};
use http::HeaderMap;

pub use required::Required;
pub use shared_secret::{SecretPlace, SharedSecret};

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
    /// [`DocumentError`] with the line, column and key of whatever cannot be honoured.
    pub async fn load(text: &str, variables: &impl Variables) -> Result<Self, DocumentError> {
        let mut root = document::parse(text)?;
        document::expand(&mut root, variables).await?;
        reader::read(&root).map(Self::Required)
    }

    /// Judges whether a message's sender is believed.
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
