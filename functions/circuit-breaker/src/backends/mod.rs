//! Backends and pools: what they are, and how they are read.
//!
//! A document comes in TOML, or as the ARM JSON of API Management backends as exported (contracts §2). Either becomes
//! the same tree, references to variables are put into the credentials, and one reader turns the tree into the typed
//! model ([`load`]).

mod arm;
mod backend;
mod credentials;
mod duration;
mod error;
mod error_reason;
mod json;
mod name;
mod pool;
mod reader;
mod resolve;
mod rule;
mod set;
mod table;
mod toml;
mod tree;

#[cfg(test)]
mod tests;

use headgate_core::Variables;
pub use headgate_events::document::Position;

pub use backend::Backend;
pub use credentials::Credentials;
pub(crate) use duration::parse as parse_duration;
pub use error::{BackendsError, BackendsErrorKind, Suggestion};
pub use error_reason::ErrorReason;
pub use name::{BackendName, RuleName};
pub use pool::{Member, Pool, SessionAffinity};
pub use rule::{FailureCondition, HalfOpen, Rule, StatusRange, Threshold};
pub use set::{Backends, Ignored, Target};

use error::Fault;

/// The longest document that is read, in bytes.
const LIMIT: usize = 1024 * 1024;

/// Reads a document of backends, with the variables that its credentials refer to.
///
/// A document whose first character is `{`, or whose first characters are `[` and `{` or `]`, is JSON; any other is TOML.
///
/// # Errors
///
/// [`BackendsError`] with line, column and key of whatever cannot be honoured. What is accepted and has no effect is in
/// [`Backends::ignored`].
pub async fn load(text: &str, variables: &impl Variables) -> Result<Backends, BackendsError> {
    match read(text, variables).await {
        Ok(found) => Ok(found.located(text)),
        Err(fault) => Err(fault.located(text)),
    }
}

async fn read(text: &str, variables: &impl Variables) -> Result<reader::Found, Fault> {
    if text.len() > LIMIT {
        return Err(Fault::of_document(0, BackendsErrorKind::TooLong));
    }
    let mut entries = if is_json(text) { arm::read(text)? } else { toml::read(text)? };
    for entry in &mut entries {
        resolve::resolve(&mut entry.properties, variables).await?;
    }
    reader::read(&entries)
}

const BYTE_ORDER_MARK: char = '\u{feff}';

/// The document without a byte order mark, and how many bytes that has.
fn without_mark(text: &str) -> (&str, usize) {
    let body = text.trim_start_matches(BYTE_ORDER_MARK);
    (body, text.len() - body.len())
}

/// A TOML document may begin with `[` too, but a table's name never begins with `{` or `]`.
fn is_json(text: &str) -> bool {
    let body = without_mark(text).0.trim_start();
    body.starts_with('{')
        || body.strip_prefix('[').is_some_and(|rest| rest.trim_start().starts_with(['{', ']']))
}
