use std::io::Write;

use headgate_events::{Outlets, PrintError};

/// The process's standard output, which on a WASI host is the host's log. There is no event bus.
#[derive(Clone, Copy, Debug, Default)]
pub struct StandardOutput;

impl Outlets for StandardOutput {
    fn print(&self, line: &str) -> Result<(), PrintError> {
        let mut line = line.to_owned();
        line.push('\n');
        let mut out = std::io::stdout().lock();
        // In one piece, so that lines of concurrent requests do not mix.
        out.write_all(line.as_bytes()).and_then(|()| out.flush()).map_err(|_| PrintError)
    }
}
