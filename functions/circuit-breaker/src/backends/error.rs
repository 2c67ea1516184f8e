use std::fmt;

use headgate_core::SecretError;
pub use headgate_events::document::Suggestion;
use headgate_events::document::{Lines, Position};

/// Why a document of backends cannot be honoured, and where.
///
/// It prints as `line 4, column 9: backends.orders.url must be …`, cut after 400 characters; no text of it shows a value of the
/// document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackendsError {
    /// Where the document goes wrong.
    pub position: Position,
    /// The keys that lead there, as `backends.orders.circuitBreaker.rules[0].name`; empty for the document itself.
    pub path: String,
    /// What is wrong there.
    pub kind: BackendsErrorKind,
}

/// The longest text of a refusal, in characters.
const MOST: usize = 400;

impl fmt::Display for BackendsError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let subject = if self.path.is_empty() { "the document" } else { &self.path };
        let text = format!("{}: {subject} {}", self.position, self.kind);
        match text.char_indices().nth(MOST) {
            Some((end, _)) => write!(formatter, "{}…", text.get(..end).unwrap_or_default()),
            None => formatter.write_str(&text),
        }
    }
}

impl std::error::Error for BackendsError {}

/// What is wrong with a document of backends. Each text follows the name of what is wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each variant's text is its documentation; the fields are names")]
pub enum BackendsErrorKind {
    // The text as a whole.
    #[error("is longer than 1048576 bytes")]
    TooLong,
    #[error("is nested deeper than 32 levels")]
    TooDeep,
    #[error("is not TOML: {reason}")]
    NotToml { reason: String },
    #[error("is not JSON: {reason}")]
    NotJson { reason: String },
    #[error(
        "has no backend; give one as [backends.NAME], or as an ARM resource of type {BACKENDS}"
    )]
    NoBackend,
    #[error("is a resource of another type; a backend's is {BACKENDS}")]
    NotBackend,
    #[error("says that the list goes on elsewhere; fetch all of its pages")]
    ListContinues,

    // Structure.
    #[error("is unknown{suggestion}")]
    UnknownKey { suggestion: Suggestion<String> },
    #[error("is given twice")]
    KeyTwice,
    #[error("needs {key}")]
    Missing { key: &'static str },
    #[error("must be {expected}")]
    WrongType { expected: &'static str },
    #[error("needs at least one entry")]
    EmptyList,
    #[error("may have at most {most} entries")]
    TooMany { most: usize },
    #[error("is an ARM expression, which is not evaluated here; write the value itself")]
    Expression,
    #[error("cannot be honoured: {why}")]
    NotHonoured { why: &'static str },

    // Values.
    #[error("may not be empty")]
    Empty,
    #[error("may have at most {most} characters")]
    TooManyCharacters { most: usize },
    #[error("must be a whole number from {least} to {most}")]
    NotWhole { least: u64, most: u64 },
    #[error("must be true or false")]
    NotBoolean,
    #[error("must be {choices}")]
    NotChoice { choices: &'static str },
    #[error("must be a duration, as PT1H30M, P1D, PT0.5S or 01:30:00")]
    NotDuration,
    #[error("must be in days, hours, minutes and seconds; years, months and weeks are not taken")]
    CalendarUnit,
    #[error("must be at least 100 milliseconds")]
    DurationShort,
    #[error("must be at most 365 days")]
    DurationLong,

    // Backends.
    #[error(
        "is not a name: take 1 to 80 letters, digits, -, _ and ., the first a letter or a digit"
    )]
    NotBackendName,
    #[error("has a name that is taken; names that differ in case alone are the same")]
    BackendTwice,
    #[error("must be an absolute http or https address")]
    NotUrl,
    #[error(
        "may not hold a user, a password, a query or a fragment; secrets belong into credentials"
    )]
    UrlParts,
    #[error("may not hold a reference to a variable; only credentials may")]
    Reference,

    // Rules.
    #[error("must be 1 to 80 characters without / and control characters")]
    NotRuleName,
    #[error("is the name of another rule of this backend")]
    RuleTwice,
    #[error("is reserved for trips by hand; take another name")]
    RuleNameReserved,
    #[error("needs count or percentage")]
    NoThreshold,
    #[error("has both count and percentage; write two rules")]
    TwoThresholds,
    #[error("needs statusCodeRanges or errorReasons; without one nothing counts as a failure")]
    NothingFails,
    #[error("must have min at most max")]
    RangeBackwards,

    // Credentials.
    #[error("is not a header's name")]
    NotHeaderName,
    #[error("belongs to the connection and cannot be set")]
    ConnectionHeader,
    #[error("holds a character that no header may have")]
    NotHeaderValue,
    #[error("and credentials.header.authorization exclude each other")]
    AuthorizationTwice,
    #[error("must be a scheme's name, as Bearer")]
    NotScheme,
    #[error("cannot be completed: {0}")]
    Secret(SecretError),
    #[error("holds a named value that is not closed: write {{{{name}}}}")]
    NamedValueUnclosed,
    #[error("holds a reference whose name is not letters, digits, -, _ and .")]
    ReferenceName,

    // Pools.
    #[error("is for backends of type Pool; write type = \"Pool\" or leave it out")]
    PoolOfSingle,
    #[error("must be an ARM id that ends in /backends/NAME, or NAME itself")]
    NotMemberId,
    #[error("names no backend of the document{suggestion}")]
    MemberUnknown { suggestion: Suggestion<String> },
    #[error("names a pool; a pool cannot contain a pool")]
    MemberIsPool,
    #[error("names a backend that the pool has already")]
    MemberTwice,
    #[error("must be a cookie's name")]
    NotCookieName,
}

/// The type of an ARM resource that is a backend.
pub(super) const BACKENDS: &str = "Microsoft.ApiManagement/service/backends";

/// A fault at a byte of the document, before that is turned into line and column.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) offset: usize,
    pub(super) path: String,
    pub(super) kind: BackendsErrorKind,
}

impl Fault {
    pub(super) const fn of_document(offset: usize, kind: BackendsErrorKind) -> Self {
        Self { offset, path: String::new(), kind }
    }

    pub(super) fn located(self, text: &str) -> BackendsError {
        let position = Lines::of(text).at(self.offset);
        BackendsError { position, path: self.path, kind: self.kind }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_refusal_is_cut() {
        let fault = Fault { offset: 0, path: "é".repeat(500), kind: BackendsErrorKind::Empty };
        assert_eq!(fault.located("").to_string().chars().count(), MOST + 1);
    }
}
