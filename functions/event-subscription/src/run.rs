use std::fmt;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use headgate_core::{Clock, Diagnostics, KeyValue, KeyValueError, Severity, Swap, Timestamp};
use headgate_events::delivery::OutcomeName;
use headgate_events::{Event, key_id};

use crate::World;
use crate::accept::Stored;
use crate::dead_letter::DeadLetter;
use crate::event_subscription::EventSubscription;
use crate::keys;
use crate::record::{
    Asked, Next, Record, Run, Step, Task, TaskStep, Terms, Verdict, judge, next_step,
};
use crate::trace::Trace;

/// How often a record is read again that others change at the same time.
pub(crate) const TRIES: usize = 8;

/// A record whose lease this instance has.
#[derive(Debug)]
pub(crate) struct Claimed {
    pub(crate) key: String,
    pub(crate) record: Record,
    pub(crate) value: Vec<u8>,
    pub(crate) event: Event,
    pub(crate) tasks: Vec<Task>,
}

impl Claimed {
    /// Takes what is to be run, with the record as it is to be stored.
    pub(crate) fn new(key: String, run: Run) -> Self {
        let Run { leased, event, tasks } = run;
        let value = leased.encode();
        Self { key, record: leased, value, event, tasks }
    }
}

/// What became of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Became {
    /// Every handler is settled, and some are by these dead letters.
    Done { dead_letters: usize },
    /// It was settled before.
    Seen,
    /// A handler is still owed.
    Pending { until: Timestamp },
    /// Somebody else runs its handlers.
    UnderWay { until: Timestamp },
    /// Nobody came to it.
    Left,
}

impl<W: World> EventSubscription<W> {
    /// How long after a message came another handler is begun: Event Grid waits 30 seconds for the answer (contracts §3.6).
    pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

    pub(crate) fn terms(&self) -> Terms<'_> {
        Terms { rules: &self.configuration.rules, max_attempts: self.configuration.max_attempts }
    }

    pub(crate) fn warn(&self, message: &dyn fmt::Display) {
        self.ports.diagnostics.report(Severity::Warning, message);
    }

    /// Does what is to be done about a record.
    pub(crate) async fn work(&self, stored: Stored, asked: Asked, trace: &Trace) -> Became {
        match self.claim(stored, asked).await {
            Ok(Ok(claimed)) => self.run(claimed, trace).await,
            Ok(Err(became)) => became,
            Err(error) => {
                self.warn(&format_args!("an event is left for later: {error}"));
                Became::Left
            }
        }
    }

    /// Takes the lease, or says why there is nothing to do.
    async fn claim(
        &self,
        mut stored: Stored,
        asked: Asked,
    ) -> Result<Result<Claimed, Became>, KeyValueError> {
        for _ in 0..TRIES {
            let step = next_step(&stored.record, asked, self.terms(), self.ports.clock.now());
            let Stored { key, value: before, .. } = stored;
            let claimed = match step {
                Step::Settled => return Ok(Err(Became::Seen)),
                Step::UnderWay { until } => return Ok(Err(Became::UnderWay { until })),
                Step::Waiting { until } => return Ok(Err(Became::Pending { until })),
                Step::Run(run) => Claimed::new(key, *run),
            };
            let Claimed { key, value, .. } = &claimed;
            match self.ports.key_value.compare_and_swap(key, Some(&before), value).await? {
                Swap::Stored => return Ok(Ok(claimed)),
                Swap::Conflict => match self.read(key).await? {
                    Some(current) => stored = current,
                    None => return Ok(Err(Became::Seen)),
                },
            }
        }
        Ok(Err(Became::Left))
    }

    /// Runs the handlers, all at a time, and notes each result as it comes.
    pub(crate) async fn run(&self, claimed: Claimed, trace: &Trace) -> Became {
        let Claimed { key, mut record, mut value, event, tasks } = claimed;
        let (lease, round, received) = (record.lease, record.round, record.received);
        let (mut dead_letters, mut is_noted) = (0, true);
        let mut running = FuturesUnordered::new();
        for task in &tasks {
            running.push(self.perform(&event, task, trace));
        }
        while let Some((task, verdict)) = running.next().await {
            let next = judge(task, verdict.as_ref(), self.terms(), self.ports.clock.now());
            if let Next::GiveUp { reason, progress } = &next {
                let letter =
                    DeadLetter::new(event.clone(), &task.rule, round, received, *reason, progress);
                if let Err(error) = self.bury(&letter).await {
                    // The rule stays in the record, and the lease runs out.
                    self.warn(&format_args!("{key} has no dead letter yet: {error}"));
                    is_noted = false;
                    continue;
                }
                dead_letters += 1;
            }
            self.tell(&event, &task.rule, &next);
            let ends = lease.filter(|_| running.is_empty());
            let note = |record: &mut Record| record.settle(&task.rule, &next, ends);
            if let Err(error) = self.note(&key, &mut record, &mut value, note).await {
                self.warn(&format_args!("{key} may be handled again: {error}"));
                is_noted = false;
            }
        }
        if is_noted && record.is_settled() {
            return Became::Done { dead_letters };
        }
        self.remember(&key).await;
        let now = self.ports.clock.now();
        let due = if is_noted { record.due() } else { lease.map(crate::Moment::timestamp) };
        Became::Pending { until: due.unwrap_or(now) }
    }

    async fn perform<'t>(
        &self,
        event: &Event,
        task: &'t Task,
        trace: &Trace,
    ) -> (&'t Task, Option<Verdict>) {
        let verdict = match task.step {
            TaskStep::GiveUp => None,
            TaskStep::Attempt => Some(match self.configuration.rules.get(&task.rule) {
                Some(rule) => self.call(rule, event, trace).await,
                None => Verdict::failed(OutcomeName::NotFound),
            }),
        };
        (task, verdict)
    }

    async fn bury(&self, letter: &DeadLetter) -> Result<(), KeyValueError> {
        let key = keys::dead_letter(&letter.event, &letter.rule, letter.round);
        // Events, names and numbers always serialise.
        let value = serde_json::to_vec(letter).unwrap_or_default();
        self.ports.key_value.set(&key, &value).await
    }

    /// Writes what has changed about a record, or deletes one that came back from the dead letters and is settled.
    async fn note(
        &self,
        key: &str,
        record: &mut Record,
        value: &mut Vec<u8>,
        change: impl Fn(&mut Record),
    ) -> Result<(), KeyValueError> {
        for _ in 0..TRIES {
            change(record);
            if record.is_settled() && record.round > 0 {
                return self.ports.key_value.delete(key).await;
            }
            let changed = record.encode();
            match self.ports.key_value.compare_and_swap(key, Some(value), &changed).await? {
                Swap::Stored => {
                    *value = changed;
                    return Ok(());
                }
                // The lease ran out, and another instance has taken the record up.
                Swap::Conflict => match self.read(key).await? {
                    None => return Ok(()),
                    Some(current) => (*record, *value) = (current.record, current.value),
                },
            }
        }
        Err(KeyValueError::Unavailable("others change the record all the time".to_owned()))
    }

    /// Notes that a tick is to look at the record first. Without the note a tick finds it too, only later.
    async fn remember(&self, key: &str) {
        let Some(note) = keys::pending(key) else { return };
        if let Err(error) = self.ports.key_value.set(&note, b"1").await {
            self.warn(&format_args!("{key} is left to the ticks that look at everything: {error}"));
        }
    }

    fn tell(&self, event: &Event, rule: &str, next: &Next) {
        let id = key_id(event.id());
        match next {
            Next::Done => {}
            Next::Again(progress) => self.warn(&format_args!(
                "rule {rule} has not handled event {id}: {}, attempt {}; next at {}",
                progress.why(),
                progress.attempts,
                progress.next.timestamp()
            )),
            Next::GiveUp { progress, .. } => self.warn(&format_args!(
                "rule {rule} does not handle event {id}, which is in the dead letters: {}, attempt {}",
                progress.why(),
                progress.attempts
            )),
        }
    }
}
