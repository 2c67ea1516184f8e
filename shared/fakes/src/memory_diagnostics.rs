use std::fmt;
use std::sync::{Arc, Mutex};

use headgate_core::{Diagnostics, Severity};

use crate::unpoisoned::lock;

/// What a function tells its operator, for the test to read back.
#[derive(Clone, Debug, Default)]
pub struct MemoryDiagnostics(Arc<Mutex<Vec<(Severity, String)>>>);

impl MemoryDiagnostics {
    /// Makes an empty record.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes out what was reported since the last call, oldest first.
    #[must_use]
    pub fn take(&self) -> Vec<(Severity, String)> {
        std::mem::take(&mut *lock(&self.0))
    }
}

impl Diagnostics for MemoryDiagnostics {
    fn report(&self, severity: Severity, message: &dyn fmt::Display) {
        lock(&self.0).push((severity, message.to_string()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_reported_is_taken_out_once() {
        let diagnostics = MemoryDiagnostics::new();
        diagnostics.clone().report(Severity::Warning, &"the issuer is down");
        assert_eq!(diagnostics.take(), [(Severity::Warning, "the issuer is down".to_owned())]);
        assert!(diagnostics.take().is_empty());
    }
}
