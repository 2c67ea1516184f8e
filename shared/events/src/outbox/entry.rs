use std::collections::BTreeMap;
use std::time::Duration;

use headgate_core::{Moment, Timestamp};
use serde::{Deserialize, Serialize};

use super::dead_letter::{DeadLetter, DeadLetterReason};
use crate::delivery::{DeliveryOutcome, OutcomeName, next_attempt};
use crate::event::Event;
use crate::sinks::{RetryPolicy, Sink, Sinks};

/// How much longer than an attempt a lease lasts: for the calls to the store, and for clocks that differ.
const GRACE: Duration = Duration::from_secs(10);

/// How long after a lease began an attempt may begin under it.
const START: Duration = Duration::from_secs(5);

/// How long it takes at most to get a token, as [`Tokens`](crate::Tokens) promises.
const TOKEN: Duration = Duration::from_secs(60);

/// The most time that an attempt at a sink takes which is not configured: none is made.
const NO_TIME: Duration = Duration::ZERO;

/// An event on its way: one value in the store.
///
/// The sinks are settled when it is made and only leave it afterwards. So who has seen the last one leave may delete the
/// entry, whatever has happened to it since.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Entry {
    pub(super) event: Event,
    pub(super) published: Moment,
    /// How often it was taken back from the dead letters.
    #[serde(default, skip_serializing_if = "is_first")]
    pub(super) round: u32,
    /// Until when somebody works on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) lease: Option<Moment>,
    /// The sinks that are still to get it, by name.
    pub(super) sinks: BTreeMap<String, Progress>,
}

/// How far the delivery to one sink has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Progress {
    /// How many attempts have begun.
    pub(super) attempts: u32,
    /// When the next one is due.
    pub(super) next: Moment,
    /// What the last one came to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) outcome: Option<OutcomeName>,
    /// When the last one began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) attempted: Option<Moment>,
}

/// What whoever holds the lease has to do for one sink.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Task {
    pub(super) sink: String,
    /// The progress with the attempt that is to be made counted in.
    pub(super) progress: Progress,
    pub(super) step: Step,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Attempt,
    GiveUp(DeadLetterReason),
}

/// What follows from an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// The sink has the event.
    Leave,
    /// The sink is asked again.
    Again(Progress),
    /// The sink does not get it.
    GiveUp(DeadLetterReason, OutcomeName),
}

impl Entry {
    /// Makes an entry for `sinks` whose first attempts are due at once.
    pub(super) fn new<'a>(
        event: Event,
        round: u32,
        sinks: impl Iterator<Item = &'a str>,
        now: Timestamp,
    ) -> Self {
        let first = Progress { attempts: 0, next: now.into(), outcome: None, attempted: None };
        let sinks = sinks.map(|sink| (sink.to_owned(), first.clone())).collect();
        Self { event, published: now.into(), round, lease: None, sinks }
    }

    /// Takes the lease for everything that is due: the entry as it then is, with the attempts counted, and what is to be
    /// done. `None` when nothing is due or somebody has the lease.
    pub(super) fn claim(
        &self,
        sinks: &Sinks,
        asks: impl Fn(&str) -> bool,
        now: Timestamp,
    ) -> Option<(Self, Vec<Task>)> {
        if self.lease.is_some_and(|until| now < until.timestamp()) {
            return None;
        }
        let mut claimed = self.clone();
        let mut tasks = Vec::new();
        let mut longest = NO_TIME;
        for (name, progress) in &mut claimed.sinks {
            let sink = sinks.get(name);
            if progress.next.timestamp() > now {
                continue;
            }
            let step = next_step(progress, &policy(sink), self.published.timestamp(), now);
            if step == Step::Attempt {
                if !asks(name) {
                    continue;
                }
                progress.attempts = progress.attempts.saturating_add(1);
                progress.attempted = Some(now.into());
                progress.outcome = Some(OutcomeName::Delivering);
                longest = longest.max(sink.map_or(NO_TIME, attempt_time));
            }
            tasks.push(Task { sink: name.clone(), progress: progress.clone(), step });
        }
        if tasks.is_empty() {
            return None;
        }
        claimed.lease = Some(now.plus(longest).plus(GRACE).into());
        Some((claimed, tasks))
    }

    /// Notes what followed for one sink. Of two that worked on it, the later attempt counts.
    pub(super) fn settle(&mut self, sink: &str, next: &Next) {
        match next {
            Next::Leave | Next::GiveUp(..) => {
                self.sinks.remove(sink);
            }
            Next::Again(progress) => {
                if let Some(known) = self.sinks.get_mut(sink)
                    && known.attempts <= progress.attempts
                {
                    *known = progress.clone();
                }
            }
        }
    }

    /// The dead letter for a sink that does not get the event.
    pub(super) fn dead_letter(
        &self,
        task: &Task,
        reason: DeadLetterReason,
        outcome: OutcomeName,
    ) -> DeadLetter {
        DeadLetter {
            event: self.event.clone(),
            sink: task.sink.clone(),
            round: self.round,
            reason,
            attempts: task.progress.attempts,
            outcome,
            published: self.published,
            attempted: task.progress.attempted.unwrap_or(self.published),
        }
    }
}

/// Whether an attempt may still begin under a lease that was taken at `claimed`.
pub(super) fn may_start(claimed: Timestamp, now: Timestamp) -> bool {
    now.since(claimed) <= START
}

/// Judges what an attempt came to.
pub(super) fn judge(
    task: &Task,
    outcome: &DeliveryOutcome,
    sink: Option<&Sink>,
    jitter: u8,
    now: Timestamp,
) -> Next {
    let attempts = task.progress.attempts;
    match outcome {
        DeliveryOutcome::Delivered => Next::Leave,
        DeliveryOutcome::Refused { outcome } => {
            Next::GiveUp(DeadLetterReason::NotRetried, *outcome)
        }
        DeliveryOutcome::Failed { outcome, .. } if attempts >= policy(sink).max_attempts => {
            Next::GiveUp(DeadLetterReason::MaxDeliveryAttemptsExceeded, *outcome)
        }
        failed @ DeliveryOutcome::Failed { outcome, .. } => {
            let wait = next_attempt(attempts, failed, jitter).unwrap_or_default();
            Next::Again(Progress {
                next: now.plus(wait).into(),
                outcome: Some(*outcome),
                ..task.progress.clone()
            })
        }
    }
}

fn next_step(
    progress: &Progress,
    policy: &RetryPolicy,
    published: Timestamp,
    now: Timestamp,
) -> Step {
    // An attempt is counted before it begins. One of which nobody knows how it ended may never have begun, as when the
    // process died: it is no reason to give up, once.
    let unknown = u32::from(progress.outcome == Some(OutcomeName::Delivering));
    // An event that was never tried is not given up, however long nothing came to deliver it.
    if progress.attempts <= unknown {
        Step::Attempt
    } else if progress.attempts >= policy.max_attempts.saturating_add(unknown) {
        Step::GiveUp(DeadLetterReason::MaxDeliveryAttemptsExceeded)
    } else if now.since(published) >= policy.time_to_live {
        Step::GiveUp(DeadLetterReason::TimeToLiveExceeded)
    } else {
        Step::Attempt
    }
}

/// A sink that is not configured here may be elsewhere, or again: its events wait as long as anybody's by default.
fn policy(sink: Option<&Sink>) -> RetryPolicy {
    sink.map_or_else(RetryPolicy::default, |sink| sink.retry)
}

/// A token that the sink refuses is followed by another one, and a second request with it.
fn attempt_time(sink: &Sink) -> Duration {
    let request = sink.timeout.connect.saturating_add(sink.timeout.first_byte);
    match sink.identity() {
        None => request,
        Some(_) => TOKEN.saturating_add(request).saturating_mul(2),
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
const fn is_first(round: &u32) -> bool {
    *round == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attempt_that_may_never_have_begun_is_no_reason_to_give_up_once() {
        let published = Timestamp::from_secs(1_000);
        let late = Timestamp::from_secs(2_000);
        let policy = RetryPolicy { max_attempts: 1, time_to_live: Duration::from_secs(60) };
        let step = |attempts, outcome: Option<OutcomeName>| {
            let progress = Progress { attempts, next: late.into(), outcome, attempted: None };
            next_step(&progress, &policy, published, late)
        };
        let exceeded = Step::GiveUp(DeadLetterReason::MaxDeliveryAttemptsExceeded);
        assert_eq!(step(0, None), Step::Attempt);
        assert_eq!(step(1, Some(OutcomeName::Delivering)), Step::Attempt);
        assert_eq!(step(2, Some(OutcomeName::Delivering)), exceeded);
        assert_eq!(step(1, Some(OutcomeName::Disabled)), exceeded);
    }
}
