use std::sync::Arc;

use headgate_core::Timestamp;
use headgate_events::SigningSecret;
use headgate_events::delivery::{SignatureError, verify};
use http::HeaderMap;

use super::Asking;
use super::shared_secret::SharedSecret;
use super::token::TokenCheck;
use crate::refusal::Refusal;

const SUBSCRIPTION_NAME: &str = "aeg-subscription-name";

/// The checks that are there, one at least.
#[derive(Clone, Debug)]
pub struct Required {
    /// The names of the subscriptions that are expected; empty for any.
    pub subscriptions: Vec<String>,
    /// The secrets of which one must have signed the body; empty for no signature.
    pub signature: Vec<SigningSecret>,
    /// What must be sent along.
    pub shared_secret: Option<SharedSecret>,
    /// What judges the message's token.
    pub token: Option<Arc<TokenCheck>>,
}

impl Required {
    /// Judges a message by everything but its token. Secrets come first, so that who has none learns no name of a subscription.
    pub(super) fn judge(&self, asking: Asking<'_>, now: Timestamp) -> Result<(), Refusal> {
        if let Some(secret) = &self.shared_secret {
            secret.judge(asking)?;
        }
        self.judge_signature(asking, now).map_err(Refusal::SignatureWrong)?;
        if self.subscriptions.is_empty() || self.expects(asking.headers) {
            return Ok(());
        }
        Err(Refusal::SubscriptionUnexpected)
    }

    fn judge_signature(&self, asking: Asking<'_>, now: Timestamp) -> Result<(), SignatureError> {
        let mut result = Ok(());
        for secret in &self.signature {
            result = verify(asking.headers, asking.body, secret, now);
            if result.is_ok() {
                break;
            }
        }
        result
    }

    /// Whether the message names an expected subscription, once. Event Grid sends the name in capitals (contracts §3.5).
    fn expects(&self, headers: &HeaderMap) -> bool {
        let mut values = headers.get_all(SUBSCRIPTION_NAME).iter();
        let (Some(value), None) = (values.next(), values.next()) else { return false };
        let is = |name: &String| value.as_bytes().eq_ignore_ascii_case(name.as_bytes());
        self.subscriptions.iter().any(is)
    }
}
