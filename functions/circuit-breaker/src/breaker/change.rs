use std::sync::Arc;

use headgate_core::{Background, Clock, KeyValue, Swap, Timestamp};
use headgate_events::{ChangeError, Rounds};

use super::Breaker;
use super::breakers::Breakers;
use super::event::event;
use super::known::Known;
use crate::World;
use crate::judging::{BackendState, Judgement};

/// Where the first judgement takes the state from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum From {
    /// What is remembered, if that is fresh: for what a request measured, a moment more or less does not count.
    Memory,
    /// The store.
    Store,
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
        let mut failed = |rounds: &mut Rounds, error| {
            breaker.turns.fail();
            turn = None;
            rounds.failed(error)
        };
        let mut remembered = match from {
            From::Memory => {
                let age = self.configuration.state_cache;
                breaker.memory().fresh(self.ports.clock.now(), age)
            }
            From::Store => None,
        };
        let mut rounds = Rounds::default();
        loop {
            let before = match remembered.take() {
                Some(known) => known,
                None => match self.learn(breaker).await {
                    Ok(known) => known,
                    Err(ChangeError::Store(error)) => {
                        failed(&mut rounds, error)?;
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
                    rounds.conflicted(&self.ports.clock, &self.ports.random).await?;
                }
                Err(error) => failed(&mut rounds, error)?,
            }
        }
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
