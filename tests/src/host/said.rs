use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

/// The lines that a host has written, as they come.
#[derive(Clone, Debug, Default)]
pub struct Said(Arc<Lines>);

#[derive(Debug, Default)]
struct Lines {
    lines: Mutex<Vec<String>>,
    more: Condvar,
}

/// How long a line may take to arrive. It is there when the answer is, or a moment later.
const PATIENCE: Duration = Duration::from_secs(60);

impl Said {
    pub(super) fn add(&self, line: String) {
        self.0.lines.lock().unwrap_or_else(PoisonError::into_inner).push(line);
        self.0.more.notify_all();
    }

    /// Waits until so many lines hold `text`, and gives all lines there are then.
    ///
    /// # Panics
    ///
    /// When they do not come within a minute.
    #[must_use]
    pub fn once_there_are(&self, count: usize, text: &str) -> Vec<String> {
        let lines = self.0.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let enough = |lines: &mut Vec<String>| {
            lines.iter().filter(|line| line.contains(text)).count() < count
        };
        let (lines, waited) = self.0.more.wait_timeout_while(lines, PATIENCE, enough).unwrap();
        assert!(!waited.timed_out(), "fewer than {count} lines hold {text}: {lines:#?}");
        lines.clone()
    }
}
