use std::fmt;

/// Where a function says what its operator should know: an issuer that does not answer, a document that does not load.
///
/// An implementor writes one structured line and does not block. What is reported holds no secret.
pub trait Diagnostics: Send + Sync {
    /// Takes one report.
    fn report(&self, severity: Severity, message: &dyn fmt::Display);
}

/// How much a report matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// Worth knowing; nothing is wrong.
    Info,
    /// Something failed and the function goes on without it.
    Warning,
    /// The function cannot do its job until this is mended.
    Error,
}

impl Severity {
    /// The name in the log: `info`, `warning` or `error`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}
