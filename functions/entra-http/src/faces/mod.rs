//! What the function answers.

mod answer;
mod call;
mod consent;
mod consent_page;
mod forward;
mod invoke;
mod list;
mod sent;

pub(crate) use consent::{CONSENT, ask_consent, begin_consent, complete_consent, withdraw_consent};
pub(crate) use forward::{FORWARD, forward};
