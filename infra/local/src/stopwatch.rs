use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use headgate_core::Timestamp;

/// Measures how long something takes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stopwatch(Instant);

impl Stopwatch {
    #[expect(clippy::disallowed_methods, reason = "this adapter reads the host's clock")]
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    pub(crate) fn elapsed(self) -> Duration {
        self.0.elapsed()
    }
}

/// The host's time of day.
#[expect(clippy::disallowed_methods, reason = "this adapter reads the host's clock")]
pub(crate) fn now() -> Timestamp {
    // A clock before 1970 is read as 1970.
    Timestamp::since_epoch(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default())
}
