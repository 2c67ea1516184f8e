use std::time::{Duration, SystemTime};

use headgate_core::{Clock, Timer, Timestamp};

/// The operating system's wall clock, and tokio's timer in steps of a millisecond. A clock that is set before 1970 reads as
/// 1970.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        #[expect(clippy::disallowed_methods, reason = "this is the adapter that reads the clock")]
        let now = SystemTime::now();
        Timestamp::since_epoch(now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO))
    }
}

impl Timer for SystemClock {
    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}
