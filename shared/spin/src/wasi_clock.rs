use std::time::{Duration, SystemTime};

use headgate_core::{Clock, Timer, Timestamp};

/// The host's clocks.
#[derive(Clone, Copy, Debug, Default)]
pub struct WasiClock;

impl Clock for WasiClock {
    #[expect(clippy::disallowed_methods, reason = "this is the adapter")]
    fn now(&self) -> Timestamp {
        let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        Timestamp::since_epoch(since_epoch.unwrap_or_default())
    }
}

impl Timer for WasiClock {
    async fn sleep(&self, duration: Duration) {
        spin_sdk::time::sleep(duration).await;
    }
}
