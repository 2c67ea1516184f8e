use std::io::Write;

use headgate_events::{Outlets, PrintError};

/// The component's standard output, where events go that a sink of the kind `stdout` asks for; a host passes it on.
///
/// It reaches no event bus: a sink of the kind `event-bridge` is disabled.
#[derive(Clone, Copy, Debug, Default)]
pub struct SpinOutlets;

impl Outlets for SpinOutlets {
    fn print(&self, line: &str) -> Result<(), PrintError> {
        let mut output = std::io::stdout().lock();
        // One write, so that lines of concurrent requests do not mix.
        let line = [line, "\n"].concat();
        output.write_all(line.as_bytes()).and_then(|()| output.flush()).map_err(|_| PrintError)
    }
}
