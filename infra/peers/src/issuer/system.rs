use std::io::Write;
use std::time::SystemTime;

use headgate_core::{Clock, Random, RequestLog, Served, Timestamp};

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        #[expect(clippy::disallowed_methods, reason = "this is the adapter that Clock stands for")]
        let now = SystemTime::now();
        Timestamp::since_epoch(now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default())
    }
}

/// The cryptographic generator of aws-lc.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemRandom;

impl Random for SystemRandom {
    fn fill(&self, bytes: &mut [u8]) {
        // Nothing sensible can be done without randomness, and a port that cannot fail must not give zeros.
        if aws_lc_rs::rand::fill(bytes).is_err() {
            std::process::abort();
        }
    }
}

/// Writes each request's account to standard output as a line of JSON.
#[derive(Clone, Copy, Debug, Default)]
pub struct StandardOutput;

impl RequestLog for StandardOutput {
    fn record(&self, served: &Served) {
        // A reader that went away is no reason to stop serving.
        let _ = writeln!(std::io::stdout().lock(), "{}", served.to_json());
    }
}

/// Keeps no account.
#[derive(Clone, Copy, Debug)]
pub(super) struct NoLog;

impl RequestLog for NoLog {
    fn record(&self, _: &Served) {}
}
