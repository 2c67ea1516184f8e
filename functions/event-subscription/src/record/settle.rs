use headgate_core::{Moment, Timestamp};
use headgate_events::DeadLetterReason;
use headgate_events::delivery::{DeliveryOutcome, OutcomeName, Schedule};

use super::next_step::{Task, TaskStep, Terms};
use super::verdict::Verdict;
use super::{Progress, Record};

/// What follows for one rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// Its handler has taken the event.
    Done,
    /// It is tried again.
    Again(Progress),
    /// The event goes to the dead letters.
    GiveUp {
        /// Why.
        reason: DeadLetterReason,
        /// How far it had come, with what the last attempt came to.
        progress: Progress,
    },
}

/// Judges what an attempt came to; `None` when none was made.
///
/// Every failure counts as one attempt, whatever its status: a handler can be mended. A tick waits as Event Grid does
/// (contracts §3.6), or longer when the answer asks for it.
#[must_use]
pub fn judge(task: &Task, verdict: Option<&Verdict>, terms: Terms<'_>, now: Timestamp) -> Next {
    let reason = DeadLetterReason::MaxDeliveryAttemptsExceeded;
    let Some(verdict) = verdict.filter(|_| task.step == TaskStep::Attempt) else {
        return Next::GiveUp { reason, progress: task.progress.clone() };
    };
    let (outcome, least) = match verdict.outcome {
        DeliveryOutcome::Delivered => return Next::Done,
        DeliveryOutcome::Failed { outcome, least } => (outcome, least),
        DeliveryOutcome::Refused { outcome } => (outcome, Schedule::LEAST),
    };
    let attempts = task.progress.attempts;
    let wait = Schedule::step(attempts).max(least).min(Schedule::MOST);
    let progress = Progress {
        next: now.plus(wait).into(),
        outcome: Some(outcome),
        status: verdict.status,
        ..task.progress.clone()
    };
    if attempts >= terms.max_attempts {
        Next::GiveUp { reason, progress }
    } else {
        Next::Again(progress)
    }
}

impl Record {
    /// Notes what followed for one rule. Of two that worked on it, the later attempt counts. `ends` is the lease of whoever
    /// notes this as the last thing under it.
    pub fn settle(&mut self, rule: &str, next: &Next, ends: Option<Moment>) {
        match next {
            Next::Done | Next::GiveUp { .. } => {
                self.owed.remove(rule);
            }
            Next::Again(progress) => {
                if let Some(known) = self.owed.get_mut(rule)
                    && known.attempts <= progress.attempts
                {
                    *known = progress.clone();
                }
            }
        }
        if self.owed.is_empty() {
            self.event = None;
            self.lease = None;
        } else if ends.is_some() && self.lease == ends {
            self.lease = None;
        }
    }
}

impl Progress {
    /// Why the last attempt failed, as `it answered 500 (Busy)`.
    #[must_use]
    pub fn why(&self) -> String {
        let outcome = self.outcome.unwrap_or(OutcomeName::Delivering);
        match self.status {
            Some(status) => format!("it answered {status} ({outcome})"),
            None if outcome == OutcomeName::Delivering => {
                "the last attempt began, and nobody has said how it ended".to_owned()
            }
            None if outcome == OutcomeName::NotFound => {
                "there is no rule of this name any more".to_owned()
            }
            None => format!("it did not answer ({outcome})"),
        }
    }
}
