use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use headgate_core::{Clock, Diagnostics, HttpClient, KeyValue, KeyValueError, Random, Swap};

use super::Outbox;
use super::dead_letter::{DeadLetter, Stored};
use super::entry::{Entry, Next, Step, Task, judge, may_start};
use super::hand_over::{Claimed, HandedOver};
use super::limits::{Deliveries, Limits};
use super::pass::{Became, Pass};
use crate::delivery::{DeliveryOutcome, OutcomeName, Schedule};
use crate::event::Event;
use crate::key_name::key_id;
use crate::outlets::Outlets;
use crate::tokens::Tokens;

/// How often an entry is read again that another instance has changed.
const TRIES: usize = 8;

/// What an attempt at a sink comes to that has retired.
const GONE: DeliveryOutcome = DeliveryOutcome::Refused { outcome: OutcomeName::Disabled };

impl<H, K, C, R, D, O, T> Outbox<H, K, C, R, D, O, T>
where
    H: HttpClient,
    K: KeyValue,
    C: Clock,
    R: Random,
    D: Diagnostics,
    O: Outlets,
    T: Tokens,
{
    /// Delivers what was just handed over. What does not come to its turn within five seconds is left to a tick.
    ///
    /// The request that caused the events need not wait for it; if it is dropped, a tick goes on where it was.
    pub async fn deliver(&self, handed: HandedOver) -> Deliveries {
        let pass = Pass::begin(Limits::default(), self.ports.clock.now());
        let mut waiting = handed.claimed.into_iter();
        let mut running = FuturesUnordered::new();
        loop {
            while running.len() < Limits::default().parallel {
                let Some(claimed) = waiting.next() else { break };
                if may_start(claimed.at, self.ports.clock.now()) {
                    running.push(self.work_on(claimed, &pass));
                }
            }
            if running.next().await.is_none() {
                return pass.done();
            }
        }
    }

    /// Delivers what is due: the job of a tick. It may run at any time, late, twice or in several instances at once.
    ///
    /// It begins at a random entry, so that a long outbox is worked through whatever the limits are. A sink that has
    /// failed ten times in a row is left alone until the next round.
    pub async fn deliver_due(&self, limits: Limits) -> Deliveries {
        let pass = Pass::begin(limits, self.ports.clock.now());
        let keys = match self.ports.key_value.list(&self.keys.outbox()).await {
            Ok(keys) => self.rotated(keys),
            Err(error) => {
                self.warn(&format_args!("nothing is delivered: {error}"));
                return pass.done();
            }
        };
        let mut waiting = keys.into_iter().take(limits.entries);
        let mut running = FuturesUnordered::new();
        loop {
            while running.len() < limits.parallel.max(1) && pass.goes_on(self.ports.clock.now()) {
                let Some(key) = waiting.next() else { break };
                running.push(self.take_up(key, &pass));
            }
            if running.next().await.is_none() {
                return pass.done();
            }
        }
    }

    fn rotated(&self, mut keys: Vec<String>) -> Vec<String> {
        let mut bytes = [0; 8];
        self.ports.random.fill(&mut bytes);
        keys.sort_unstable();
        if let Ok(length) = u64::try_from(keys.len())
            && let Some(start) = u64::from_be_bytes(bytes).checked_rem(length)
        {
            keys.rotate_left(usize::try_from(start).unwrap_or_default());
        }
        keys
    }

    /// Takes the lease of an entry that is due, and works on it.
    async fn take_up(&self, key: String, pass: &Pass) {
        match self.claim(&key, pass).await {
            Ok(Some(claimed)) => self.work_on(claimed, pass).await,
            Ok(None) => {}
            Err(error) => self.warn(&format_args!("{key} is left for later: {error}")),
        }
    }

    async fn claim(&self, key: &str, pass: &Pass) -> Result<Option<Claimed>, KeyValueError> {
        let store = &self.ports.key_value;
        let Some(before) = store.get(key).await? else { return Ok(None) };
        let Ok(entry) = serde_json::from_slice::<Entry>(&before) else {
            self.warn(&format_args!("{key} is no entry that this version reads: it is left alone"));
            return Ok(None);
        };
        let now = self.ports.clock.now();
        let Some((entry, tasks)) = entry.claim(&self.sinks, |sink| pass.asks(sink), now) else {
            return Ok(None);
        };
        let Ok(value) = serde_json::to_vec(&entry) else { return Ok(None) };
        match store.compare_and_swap(key, Some(&before), &value).await? {
            Swap::Stored => Ok(Some(Claimed { key: key.to_owned(), entry, value, tasks, at: now })),
            Swap::Conflict => Ok(None),
        }
    }

    /// Does what is to be done for each sink, all at a time, and notes each result as it comes.
    async fn work_on(&self, claimed: Claimed, pass: &Pass) {
        let Claimed { key, mut entry, mut value, tasks, .. } = claimed;
        pass.begins_attempts(tasks.len());
        let event = entry.event.clone();
        let lease = entry.lease;
        let mut running = FuturesUnordered::new();
        for task in &tasks {
            running.push(self.perform(&event, task));
        }
        while let Some((task, next)) = running.next().await {
            if let Next::GiveUp(reason, outcome) = next {
                let letter = entry.dead_letter(task, reason, outcome);
                if let Err(error) = self.bury(letter).await {
                    // The sink stays in the entry, and the lease runs out.
                    self.warn(&format_args!("{key} has no dead letter yet: {error}"));
                    continue;
                }
            }
            self.tell(&event, task, &next, pass);
            let is_last = running.is_empty();
            let settle = |entry: &mut Entry| {
                entry.settle(&task.sink, &next);
                if is_last && entry.lease == lease {
                    entry.lease = None;
                }
            };
            if let Err(error) = self.settle(&key, &mut entry, &mut value, settle).await {
                self.warn(&format_args!("{key} may be delivered again: {error}"));
            }
        }
    }

    async fn perform<'t>(&self, event: &Event, task: &'t Task) -> (&'t Task, Next) {
        let last = task.progress.outcome.unwrap_or(OutcomeName::Delivering);
        let next = match task.step {
            Step::GiveUp(reason) => Next::GiveUp(reason, last),
            Step::Attempt => {
                let sink = self.sinks.get(&task.sink);
                let outcome = match sink {
                    Some(sink) if self.retired.has(&sink.name, self.ports.clock.now()) => GONE,
                    Some(sink) => self.attempt(sink, event).await,
                    None => DeliveryOutcome::Failed {
                        outcome: OutcomeName::NotFound,
                        least: Schedule::LEAST,
                    },
                };
                let mut jitter = [0];
                self.ports.random.fill(&mut jitter);
                let [jitter] = jitter;
                judge(task, &outcome, sink, jitter, self.ports.clock.now())
            }
        };
        (task, next)
    }

    async fn bury(&self, letter: DeadLetter) -> Result<(), KeyValueError> {
        let key = self.keys.dead_letter(&letter.event, &letter.sink, letter.round);
        let value = serde_json::to_vec(&Stored::from(letter))
            .map_err(|error| KeyValueError::Unavailable(error.to_string()))?;
        self.ports.key_value.set(&key, &value).await
    }

    /// Writes what has changed about an entry, or deletes the entry when its last sink has left.
    async fn settle(
        &self,
        key: &str,
        entry: &mut Entry,
        value: &mut Vec<u8>,
        change: impl Fn(&mut Entry),
    ) -> Result<(), KeyValueError> {
        let store = &self.ports.key_value;
        for _ in 0..TRIES {
            change(entry);
            if entry.sinks.is_empty() {
                return store.delete(key).await;
            }
            let changed = serde_json::to_vec(entry)
                .map_err(|error| KeyValueError::Unavailable(error.to_string()))?;
            match store.compare_and_swap(key, Some(value), &changed).await? {
                Swap::Stored => {
                    *value = changed;
                    return Ok(());
                }
                // The lease ran out, and another instance has taken the entry up.
                Swap::Conflict => match store.get(key).await? {
                    None => return Ok(()),
                    Some(current) => {
                        let Ok(others) = serde_json::from_slice(&current) else { return Ok(()) };
                        (*entry, *value) = (others, current);
                    }
                },
            }
        }
        Err(KeyValueError::Unavailable("others change the entry all the time".to_owned()))
    }

    fn tell(&self, event: &Event, task: &Task, next: &Next, pass: &Pass) {
        let Task { sink, progress, .. } = task;
        let (id, attempts) = (key_id(event.id()), progress.attempts);
        match next {
            Next::Leave => pass.ended(sink, Became::Delivered),
            Next::Again(progress) => {
                let outcome = progress.outcome.unwrap_or(OutcomeName::Delivering);
                let due = progress.next.timestamp();
                self.warn(&format_args!(
                    "sink {sink} has not taken event {id}: {outcome}, attempt {attempts}; next at {due}"
                ));
                pass.ended(sink, Became::Failed);
            }
            Next::GiveUp(reason, outcome) => {
                self.warn(&format_args!(
                    "sink {sink} does not get event {id}, which is in the dead letters: {reason}, {outcome}, \
                     attempt {attempts}"
                ));
                pass.ended(sink, Became::DeadLetter);
            }
        }
    }
}
