use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderValue;

/// Who a function can be when it calls a sink: gives tokens of Microsoft Entra ID.
///
/// An implementor remembers tokens, renews them in time, and answers within a minute: a lease on an event lasts as long,
/// and after it another instance may send the event too.
pub trait Tokens: Send + Sync {
    /// Gives the header `Authorization` for a sink that is called as `credential` with `scope`, marked as sensitive.
    ///
    /// With `refused`, which the sink did not take, another one, or `None` when no other is to be had: then it is not the
    /// token's age that is wrong.
    ///
    /// # Errors
    ///
    /// [`TokenUnavailable`]; the delivery is tried again by its schedule.
    fn authorization(
        &self,
        credential: &str,
        scope: &str,
        refused: Option<&HeaderValue>,
    ) -> impl Future<Output = Result<Option<HeaderValue>, TokenUnavailable>> + Send;
}

/// Judges the names that a document of sinks has for who calls them, when it is read.
///
/// The text of a refusal continues a sentence that begins with the key.
pub trait KnownCredentials {
    /// Judges a credential's name.
    ///
    /// # Errors
    ///
    /// Why no token can be had by it.
    fn judge_credential(&self, name: &str) -> Result<(), &'static str>;

    /// Judges a scope.
    ///
    /// # Errors
    ///
    /// Why no token can be had for it.
    fn judge_scope(&self, scope: &str) -> Result<(), &'static str>;
}

/// Why there is no token for a sink.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct TokenUnavailable {
    /// One clause that says what to fix, and shows no secret.
    pub reason: String,
    /// When to ask again, if that is known.
    pub retry_after: Option<Duration>,
}

impl fmt::Debug for TokenUnavailable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "TokenUnavailable({}, {:?})", self.reason, self.retry_after)
    }
}

/// A function that is nobody: no sink of its document may name a credential.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoTokens;

const NOBODY: &str = "names a credential, and this function has none";

impl Tokens for NoTokens {
    async fn authorization(
        &self,
        _credential: &str,
        _scope: &str,
        _refused: Option<&HeaderValue>,
    ) -> Result<Option<HeaderValue>, TokenUnavailable> {
        Err(TokenUnavailable { reason: format!("the sink {NOBODY}"), retry_after: None })
    }
}

impl KnownCredentials for NoTokens {
    fn judge_credential(&self, _name: &str) -> Result<(), &'static str> {
        Err(NOBODY)
    }

    fn judge_scope(&self, _scope: &str) -> Result<(), &'static str> {
        Ok(())
    }
}

impl<T: Tokens> Tokens for Arc<T> {
    fn authorization(
        &self,
        credential: &str,
        scope: &str,
        refused: Option<&HeaderValue>,
    ) -> impl Future<Output = Result<Option<HeaderValue>, TokenUnavailable>> + Send {
        self.as_ref().authorization(credential, scope, refused)
    }
}
