use std::sync::Arc;

use headgate_core::{Clock, KeyValue, Swap};
use headgate_events::{ChangeError, HandedOver, Limits, Recorded, Rounds};

use super::breakers::Breakers;
use super::change::From;
use super::event::event;
use super::{RECORDS, key};
use crate::World;
use crate::backends::BackendName;
use crate::judging::{BackendState, Batch, judge, retire};

impl<W: World> Breakers<W> {
    /// Does what is due: stores outcomes that were kept, ends trips that are over, says that backends which are not
    /// configured any more are closed, and delivers events. It may run late, twice, or in several instances at once.
    ///
    /// # Errors
    ///
    /// The first failure of the store; what could be done is done nevertheless.
    pub(crate) async fn tick(self: &Arc<Self>) -> Result<(), ChangeError> {
        let mut result = Ok(());
        let mut handed = HandedOver::default();
        for breaker in &self.all {
            self.store_outcomes(breaker).await;
            let settle = |state, now| Some(judge(&breaker.backend, state, Batch::default(), now));
            match self.change(breaker, From::Store, settle).await {
                Ok(Some(known)) if known.record.is_left_over(self.ports.clock.now()) => {
                    handed.join(self.outbox.hand_over(&breaker.key, &[]).await);
                }
                Ok(_) => {}
                Err(error) => {
                    let name = &breaker.backend.name;
                    self.warn(&format_args!("backend {name} is not looked after: {error}"));
                    result = result.and(Err(error));
                }
            }
        }
        result = result.and(self.retire_others(&mut handed).await);
        self.outbox.deliver(handed).await;
        self.outbox.deliver_due(Limits::default()).await;
        result
    }

    /// Ends the trips of backends that are not configured any more.
    async fn retire_others(&self, handed: &mut HandedOver) -> Result<(), ChangeError> {
        let mut result = Ok(());
        for found in self.ports.key_value.list(RECORDS).await? {
            let name = found.strip_prefix(RECORDS).and_then(BackendName::parse);
            let Some(name) = name.filter(|name| key(name) == found) else { continue };
            if self.all.iter().any(|breaker| breaker.key == found) {
                continue;
            }
            match self.retire(&name, &found).await {
                Ok(more) => handed.join(more),
                Err(error) => {
                    self.warn(&format_args!("backend {name} is not retired: {error}"));
                    result = result.and(Err(error));
                }
            }
        }
        result
    }

    /// Empties a record, and hands over its events. The record itself stays: an instance with another configuration may be
    /// about to add an event to it, which deleting it would lose.
    async fn retire(&self, name: &BackendName, key: &str) -> Result<HandedOver, ChangeError> {
        let store = &self.ports.key_value;
        let mut rounds = Rounds::default();
        loop {
            let Some(value) = store.get(key).await? else { return Ok(HandedOver::default()) };
            let record = Recorded::<BackendState>::decode(&value)?;
            let now = self.ports.clock.now();
            let changes = retire(name, &record.state, now);
            let is_left_over = record.is_left_over(now);
            let is_empty = record.state == BackendState::default();
            let mut emptied = record.with_state(BackendState::default());
            let mut own = Vec::new();
            for change in &changes {
                let event = event(change, &self.configuration.source, &self.ports.random)?;
                own.push(event.id().to_owned());
                emptied.record(event, now)?;
            }
            if !is_empty {
                match store.compare_and_swap(key, Some(&value), &emptied.encode()?).await? {
                    Swap::Stored => {}
                    Swap::Conflict => {
                        rounds.conflicted(&self.ports.clock, &self.ports.random).await?;
                        continue;
                    }
                }
            } else if !is_left_over {
                return Ok(HandedOver::default());
            }
            return Ok(self.outbox.hand_over(key, &own).await);
        }
    }
}
