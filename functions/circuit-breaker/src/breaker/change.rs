use std::sync::Arc;
use std::time::Duration;

use headgate_core::{Background, Clock, KeyValue, KeyValueError, Random, Swap, Timer, Timestamp};
use headgate_events::{EventErrorKind, RecordedError};

use super::Breaker;
use super::breakers::Breakers;
use super::event::event;
use super::known::Known;
use crate::judging::{BackendState, Judgement};
use crate::ports::World;

/// How often a record is judged again that others have changed meanwhile. Each time, one of them has succeeded.
const TRIES: usize = 64;

/// How often the store may fail meanwhile.
const FAILURES: usize = 3;

/// Where the first judgement takes the state from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum From {
    /// What is remembered, if that is fresh: for what a request measured, a moment more or less does not count.
    Memory,
    /// The store.
    Store,
}

/// Why a record was not changed, or may not have been.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ChangeError {
    /// The store did not answer.
    #[error(transparent)]
    Store(#[from] KeyValueError),
    /// The record is one that this version does not read, or grew too long.
    #[error(transparent)]
    Record(#[from] RecordedError),
    /// A change has no event.
    #[error(transparent)]
    Event(#[from] EventErrorKind),
    /// Others have changed the record each time.
    #[error("others change the record all the time")]
    Contended,
}

impl<W: World> Breakers<W> {
    /// Changes a backend's record to what `judge` makes of its state, with the events of the changes, in one
    /// compare-and-swap; what is judged to stay as it is is not written. Gives the record; `None` when `judge` does not want
    /// to change it.
    ///
    /// `judge` may be asked several times, with the states that others have stored meanwhile. When the store fails, its
    /// last call may have been done nevertheless: `judge` finds out by the id of its batch.
    ///
    /// The events are then handed over and delivered beside the request. What remains of them if the process dies stays in
    /// the record, and any later request or tick goes on.
    pub(crate) async fn change(
        self: &Arc<Self>,
        breaker: &Breaker,
        from: From,
        judge: impl Fn(BackendState, Timestamp) -> Option<Judgement> + Send + Sync,
    ) -> Result<Option<Arc<Known>>, ChangeError> {
        let mut own = Vec::new();
        let changed = self.try_change(breaker, from, judge, &mut own).await;
        if changed.is_ok() && !own.is_empty() {
            self.deliver_later(breaker, own).await;
        }
        changed
    }

    async fn try_change(
        &self,
        breaker: &Breaker,
        from: From,
        judge: impl Fn(BackendState, Timestamp) -> Option<Judgement> + Send + Sync,
        own: &mut Vec<String>,
    ) -> Result<Option<Arc<Known>>, ChangeError> {
        let store = &self.ports.key_value;
        let mut turn = breaker.turns.next().await;
        let mut failed = |failures: &mut usize, error| {
            breaker.turns.fail();
            turn = None;
            fail(failures, error)
        };
        let mut remembered = match from {
            From::Memory => {
                let age = self.configuration.state_cache;
                breaker.memory().fresh(self.ports.clock.now(), age)
            }
            From::Store => None,
        };
        let (mut failures, mut conflicts) = (0, 0);
        for _ in 0..TRIES {
            let before = match remembered.take() {
                Some(known) => known,
                None => match self.learn(breaker).await {
                    Ok(known) => known,
                    Err(ChangeError::Store(error)) => {
                        failed(&mut failures, error)?;
                        continue;
                    }
                    Err(error) => return Err(error),
                },
            };
            let now = self.ports.clock.now();
            let Some(Judgement { state, changes }) = judge(before.state().clone(), now) else {
                return Ok(None);
            };
            if changes.is_empty() && state == *before.state() {
                return Ok(Some(before));
            }
            let mut record = before.record.clone().with_state(state);
            for change in &changes {
                let event = event(change, &self.configuration.source, &self.ports.random)?;
                own.push(event.id().to_owned());
                record.record(event, now)?;
            }
            let value = record.encode()?;
            match store.compare_and_swap(&breaker.key, before.value.as_deref(), &value).await {
                Ok(Swap::Stored) => {
                    let stored = Arc::new(Known { value: Some(value), record });
                    breaker.memory().set(Arc::clone(&stored), now);
                    return Ok(Some(stored));
                }
                Ok(Swap::Conflict) => {
                    conflicts += 1;
                    self.ports.clock.sleep(pause(conflicts, &self.ports.random)).await;
                }
                Err(error) => failed(&mut failures, error)?,
            }
        }
        Err(ChangeError::Contended)
    }

    /// Reads a backend's record now, and remembers it.
    async fn learn(&self, breaker: &Breaker) -> Result<Arc<Known>, ChangeError> {
        let generation = breaker.memory().generation();
        let read = self.read(breaker).await?;
        breaker.memory().learn(Arc::clone(&read), generation, self.ports.clock.now());
        Ok(read)
    }

    /// Hands over and delivers events of a record beside the request: those with an id in `own`, and those that nobody has
    /// handed over in time.
    pub(super) async fn deliver_later(self: &Arc<Self>, breaker: &Breaker, own: Vec<String>) {
        let (breakers, key) = (Arc::clone(self), breaker.key.clone());
        let work = async move {
            let handed = breakers.outbox.hand_over(&key, &own).await;
            breakers.outbox.deliver(handed).await;
        };
        self.ports.background.begin(work).await;
    }
}

/// How long to wait after so many conflicts: not after the first, then a random part of a span that doubles up to 64 ms, so
/// that those who came together come apart.
fn pause(conflicts: u32, random: &impl Random) -> Duration {
    let span = 1_000_u64 << conflicts.min(7) >> 1;
    let mut drawn = [0; 8];
    random.fill(&mut drawn);
    match conflicts {
        0 | 1 => Duration::ZERO,
        _ => Duration::from_micros(u64::from_be_bytes(drawn) % span),
    }
}

fn fail(failures: &mut usize, error: KeyValueError) -> Result<(), ChangeError> {
    *failures += 1;
    if *failures < FAILURES { Ok(()) } else { Err(ChangeError::Store(error)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed(u64);

    impl Random for Fixed {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.copy_from_slice(&self.0.to_be_bytes());
        }
    }

    #[test]
    fn a_first_conflict_is_no_reason_to_wait_and_the_span_of_the_others_ends_at_64_ms() {
        let longest = |conflicts| {
            // One less than a multiple of every span.
            pause(conflicts, &Fixed(64_000 * 1_000 - 1)).as_micros() + 1
        };
        assert_eq!(pause(1, &Fixed(u64::MAX)), Duration::ZERO);
        assert_eq!([2, 3, 4, 7, 8, 64].map(longest), [2_000, 4_000, 8_000, 64_000, 64_000, 64_000]);
    }
}
