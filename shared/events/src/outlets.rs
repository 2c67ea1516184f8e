use std::future::{self, Future};
use std::io::{self, Write};

use headgate_core::Timeout;

use crate::delivery::{DeliveryOutcome, OutcomeName, Schedule};
use crate::event::Event;
use crate::sinks::EventBridge;

/// The ways out that are not HTTP: the standard output, and what only a native host can call.
///
/// An implementor keeps to the sink's `timeout`.
pub trait Outlets: Send + Sync {
    /// Writes one line to the standard output; `line` has no line end.
    ///
    /// # Errors
    ///
    /// [`PrintError`] when the line may not have been written.
    fn print(&self, line: &str) -> Result<(), PrintError>;

    /// Puts an event on an event bus of AWS. A host that cannot says that the sink is disabled.
    fn put_on_bus(
        &self,
        bus: &EventBridge,
        event: &Event,
        timeout: Timeout,
    ) -> impl Future<Output = DeliveryOutcome> + Send {
        let _unused = (bus, event, timeout);
        future::ready(disabled())
    }
}

/// Why a line was not printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the standard output takes no line")]
pub struct PrintError;

/// The standard output of this process or component, which the host passes on, and no event bus.
#[derive(Clone, Copy, Debug, Default)]
pub struct Stdout;

impl Outlets for Stdout {
    fn print(&self, line: &str) -> Result<(), PrintError> {
        let mut output = io::stdout().lock();
        // One write, so that lines of concurrent requests do not mix.
        let line = [line, "\n"].concat();
        output.write_all(line.as_bytes()).and_then(|()| output.flush()).map_err(|_| PrintError)
    }
}

/// A host without any: for functions whose sinks are all HTTP.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoOutlets;

impl Outlets for NoOutlets {
    fn print(&self, _line: &str) -> Result<(), PrintError> {
        Err(PrintError)
    }
}

fn disabled() -> DeliveryOutcome {
    DeliveryOutcome::Failed { outcome: OutcomeName::Disabled, least: Schedule::LEAST }
}
