use std::time::Duration;

use headgate_core::Timestamp;

use super::order::DEFAULT_TIMEOUT;
use super::record::{Phase, Run};

/// How long a new run, or one that has just been queued again, is left to whoever did that.
pub(super) const LEFT_TO_ITS_MAKER: Duration = Duration::from_secs(10);

/// How long after it was asked for a run is still started.
pub(super) const STARTED_WITHIN: Duration = Duration::from_secs(60 * 60);

/// How long after it was asked for a session is still looked for: a robot runs for a day at most (contracts §1.2).
pub(super) const LOOKED_FOR: Duration = Duration::from_secs(25 * 60 * 60);

/// How much longer than its timeout a robot may seem to run: Dataverse ends it, and somebody has to see that.
pub(super) const OVERDUE: Duration = Duration::from_secs(15 * 60);

/// How much longer a session is read that could not be read when the robot should have ended.
pub(super) const UNREAD: Duration = Duration::from_secs(24 * 60 * 60);

/// Why a run is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// A tick has come.
    ByTick,
    /// Somebody wants to know how it is.
    ByCaller,
    /// Somebody waits for its end.
    ByWaiter,
    /// Dataverse has called back, or somebody who knows the address has.
    ByCallback,
}

/// What is to be done about a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Nothing: it is over.
    Done,
    /// Nothing before this moment.
    Rest {
        /// The moment.
        until: Timestamp,
    },
    /// It is sent.
    Send,
    /// It is over without ever having been sent: somebody stopped it, or it is too late.
    GiveUp,
    /// Its session is looked for.
    Look {
        /// After this nobody sends it any more; in the future while somebody may be sending it.
        since: Timestamp,
    },
    /// Its session is read.
    Read,
}

/// Decides what is to be done about a run.
///
/// Nothing is sent from any phase but [`Phase::Queued`].
#[must_use]
pub fn next_step(run: &Run, asked: Asked, now: Timestamp) -> Step {
    let at = |due: Timestamp, step| if due <= now { step } else { Step::Rest { until: due } };
    match &run.phase {
        Phase::Finished { .. } => Step::Done,
        Phase::Queued { .. } if run.cancel || is_too_late(run, now) => Step::GiveUp,
        // A callback of a run that was queued again tells of a robot that nobody had seen.
        Phase::Queued { .. } if asked == Asked::ByCallback && run.attempts > 0 => {
            Step::Look { since: now }
        }
        Phase::Queued { due } => at(due.timestamp(), Step::Send),
        Phase::Sending { until, .. } => {
            let since = until.timestamp();
            match asked {
                Asked::ByCallback => Step::Look { since },
                Asked::ByTick | Asked::ByCaller | Asked::ByWaiter => {
                    at(since, Step::Look { since })
                }
            }
        }
        Phase::Doubtful { since, next, .. } => {
            let look = Step::Look { since: since.timestamp() };
            match asked {
                Asked::ByCallback => look,
                Asked::ByTick | Asked::ByCaller | Asked::ByWaiter => at(next.timestamp(), look),
            }
        }
        Phase::Started { read, reads, seen, .. } => {
            let pause = match asked {
                Asked::ByCallback if seen.is_none() => Duration::ZERO,
                Asked::ByCallback => Duration::from_secs(1).min(pause(*reads)),
                Asked::ByCaller | Asked::ByWaiter => Duration::from_secs(2).min(pause(*reads)),
                Asked::ByTick => pause(*reads),
            };
            at(read.timestamp().plus(pause), Step::Read)
        }
    }
}

/// Whether a run that nobody has started is not to be started any more.
pub(super) fn is_too_late(run: &Run, now: Timestamp) -> bool {
    now >= run.created.timestamp().plus(STARTED_WITHIN)
}

/// Whether the robot should have come to its end long ago.
pub(super) fn is_overdue(run: &Run, started: Timestamp, now: Timestamp) -> bool {
    let timeout = run.order.timeout.unwrap_or(DEFAULT_TIMEOUT);
    now >= started.plus(Duration::from_secs(u64::from(timeout))).plus(OVERDUE)
}

/// How long after so many looks or reads the next one comes by itself: at once, then after 5 s, twice as long each time, and five
/// minutes at most.
pub(super) fn pause(times: u32) -> Duration {
    match times {
        0 => Duration::ZERO,
        times => Duration::from_secs((5_u64 << (times - 1).min(6)).min(300)),
    }
}
