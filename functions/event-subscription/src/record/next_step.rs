use std::time::Duration;

use headgate_core::Timestamp;
use headgate_events::Event;
use headgate_events::delivery::OutcomeName;

use super::{Progress, Record};
use crate::rules::Rules;

/// How much longer than an attempt a lease lasts: for the calls to the store, and for clocks that differ.
const GRACE: Duration = Duration::from_secs(10);

/// By what a record is judged.
#[derive(Clone, Copy, Debug)]
pub struct Terms<'a> {
    /// The rules as they are configured.
    pub rules: &'a Rules,
    /// How many attempts a handler gets.
    pub max_attempts: u32,
}

/// Why a record is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// Somebody has sent the event, and waits: whatever is owed is tried.
    ByDelivery,
    /// A tick has come: what is due is tried.
    ByTick,
}

/// What is to be done about a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Nothing: every handler is settled.
    Settled,
    /// Nothing yet: somebody else runs the handlers.
    UnderWay {
        /// When the lease runs out.
        until: Timestamp,
    },
    /// Nothing yet: no handler is due.
    Waiting {
        /// When the first one is.
        until: Timestamp,
    },
    /// These tasks.
    Run(Box<Run>),
}

/// Tasks, after the record was stored with the lease and the attempts counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// The record as it is to be stored first.
    pub leased: Record,
    /// The event.
    pub event: Event,
    /// What is to be done.
    pub tasks: Vec<Task>,
}

/// What whoever has the lease does for one rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    /// The rule.
    pub rule: String,
    /// How far it is, with the attempt that is to be made counted in.
    pub progress: Progress,
    /// What is to be done.
    pub step: TaskStep,
}

/// What is to be done for one rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaskStep {
    /// Its handler is run.
    Attempt,
    /// It had its attempts, and nobody has said how the last one ended.
    GiveUp,
}

/// Decides what is to be done about a record. An attempt counts when it begins, so that a handler that kills the process is
/// not run for ever.
#[must_use]
pub fn next_step(record: &Record, asked: Asked, terms: Terms<'_>, now: Timestamp) -> Step {
    let (Some(event), Some(due)) = (&record.event, record.due()) else { return Step::Settled };
    if let Some(lease) = record.lease
        && now < lease.timestamp()
    {
        return Step::UnderWay { until: lease.timestamp() };
    }
    let mut leased = record.clone();
    let mut tasks = Vec::new();
    let mut longest = Duration::ZERO;
    for (rule, progress) in &mut leased.owed {
        if asked == Asked::ByTick && progress.next.timestamp() > now {
            continue;
        }
        let step = if progress.attempts >= terms.max_attempts {
            TaskStep::GiveUp
        } else {
            progress.attempts = progress.attempts.saturating_add(1);
            progress.attempted = Some(now.into());
            progress.outcome = Some(OutcomeName::Delivering);
            progress.status = None;
            longest =
                longest.max(terms.rules.get(rule).map_or(Duration::ZERO, |rule| rule.longest()));
            TaskStep::Attempt
        };
        tasks.push(Task { rule: rule.clone(), progress: progress.clone(), step });
    }
    if tasks.is_empty() {
        return Step::Waiting { until: due };
    }
    leased.lease = Some(now.plus(longest).plus(GRACE).into());
    Step::Run(Box::new(Run { leased, event: event.clone(), tasks }))
}
