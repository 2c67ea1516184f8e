use std::panic::PanicHookInfo;

use headgate_core::{Diagnostics, Severity};

use crate::StderrDiagnostics;

/// Makes every panic of this process one report: where it was, and not what it said, which may hold a caller's values.
pub(crate) fn report_panics(diagnostics: StderrDiagnostics) {
    std::panic::set_hook(Box::new(move |panic: &PanicHookInfo<'_>| match panic.location() {
        Some(place) => diagnostics.report(Severity::Error, &format_args!("panicked at {place}")),
        None => diagnostics.report(Severity::Error, &"panicked"),
    }));
}
