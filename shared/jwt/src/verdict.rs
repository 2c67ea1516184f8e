//! What became of a request.

use std::sync::Arc;

use http::StatusCode;

use crate::identity::Identity;
use crate::policy::Failure;
use crate::rejection::Rejection;
use crate::token_statement::Unfit;
use crate::verified::VerifiedToken;

/// What became of a request: every face says the same thing in its own way.
#[derive(Clone, Debug)]
pub enum Verdict {
    /// It may pass.
    Allowed(Allowed),
    /// It may not.
    Denied(Denial),
}

impl Verdict {
    /// The verdict's name in the log.
    #[must_use]
    pub const fn result(&self) -> &'static str {
        match self {
            Self::Allowed(_) => "ok",
            Self::Denied(Denial { rejection, .. }) => Rejection::reason(rejection),
        }
    }
}

/// Who may pass.
#[derive(Clone, Debug, Default)]
pub struct Allowed {
    /// The token that the last token statement verified; `None` when no statement asked for one.
    pub token: Option<Arc<VerifiedToken>>,
    /// The subscription whose key the request has.
    pub subscription: Option<String>,
    /// The verified tokens that the policy gives a name (`output-token-variable-name`).
    pub variables: Vec<(String, Arc<VerifiedToken>)>,
}

impl Allowed {
    /// Who the backend is told the caller is.
    #[must_use]
    pub fn identity(&self) -> Identity {
        self.token.as_ref().map_or_else(Identity::nobody, |token| token.identity.clone())
    }
}

/// What a caller who may not pass is told.
#[derive(Clone, Debug)]
pub struct Denial {
    /// Why.
    pub rejection: Rejection,
    /// The policy's status, or the rejection's own.
    pub status: StatusCode,
    /// The policy's message, or the rejection's own.
    pub message: String,
    /// The token, when its signature is good and what it claims is not.
    pub verified: Option<Arc<VerifiedToken>>,
}

impl Denial {
    /// The denial of a token statement, whose policy may choose status and message.
    pub(crate) fn of_token(unfit: Unfit, failure: &Failure) -> Self {
        let Unfit { rejection, verified } = unfit;
        if !rejection.judges_the_token() {
            return rejection.into();
        }
        let message = failure.message.clone().unwrap_or_else(|| rejection.to_string());
        Self { status: failure.status, message, rejection, verified }
    }
}

impl From<Rejection> for Denial {
    fn from(rejection: Rejection) -> Self {
        Self {
            status: rejection.status(),
            message: rejection.to_string(),
            rejection,
            verified: None,
        }
    }
}
