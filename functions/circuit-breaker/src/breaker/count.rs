use std::sync::Arc;
use std::time::Duration;

use headgate_core::{Background, Timer};
use headgate_events::event_id;

use super::Breaker;
use super::breakers::Breakers;
use super::change::From;
use super::queue::Grown;
use crate::World;
use crate::judging::{Batch, Outcome, OutcomeId, judge, matters};

/// How long outcomes are gathered before they are stored together.
const GATHERED: Duration = Duration::from_millis(50);

impl<W: World> Breakers<W> {
    /// Counts an outcome that this instance measured.
    ///
    /// Where work goes on after the answer, outcomes are gathered for 50 ms and stored beside the requests; elsewhere this
    /// one is stored before the answer. An outcome that makes no difference costs nothing.
    pub(crate) async fn count(self: &Arc<Self>, breaker: &Arc<Breaker>, outcome: Outcome) {
        let gathers = self.ports.background.outlives_the_answer();
        let grown = {
            let mut memory = breaker.memory();
            let state = memory.latest().map(|known| known.state());
            if !matters(&breaker.backend, state, &outcome) {
                return;
            }
            memory.queue.push(outcome)
        };
        let (breakers, its) = (Arc::clone(self), Arc::clone(breaker));
        match grown {
            _ if !gathers => {
                breaker.memory().queue.end_turn();
                self.store_outcomes(breaker).await;
            }
            Grown::First => {
                // Made here, so that work which is dropped before it began ends the turn too.
                let turn = Turn(Arc::clone(breaker));
                let work = async move {
                    breakers.ports.clock.sleep(GATHERED).await;
                    drop(turn);
                    breakers.store_outcomes(&its).await;
                };
                self.ports.background.begin(work).await;
            }
            Grown::Another => {}
            Grown::Full => {
                let store = async move { breakers.store_outcomes(&its).await };
                self.ports.background.begin(store).await;
            }
        }
    }

    /// Stores the outcomes that are gathered. What the store does not take is kept for the next time, and reported.
    pub(super) async fn store_outcomes(self: &Arc<Self>, breaker: &Breaker) {
        let name = || OutcomeId::of("batch", &event_id(&self.ports.random));
        let mut batches = breaker.memory().queue.take(name);
        while let Some(batch) = batches.front() {
            let stored = self
                .change(breaker, From::Memory, |state, now| {
                    let batch = Batch { id: Some(batch.id), outcomes: &batch.outcomes };
                    Some(judge(&breaker.backend, state, batch, now))
                })
                .await;
            if let Err(error) = stored {
                let name = &breaker.backend.name;
                self.warn(&format_args!("outcomes of backend {name} are not stored yet: {error}"));
                let dropped = breaker.memory().queue.keep(batches);
                if dropped > 0 {
                    self.warn(&format_args!("{dropped} outcomes of backend {name} are dropped"));
                }
                return;
            }
            batches.pop_front();
        }
    }
}

/// A turn to store outcomes; however it ends, the next outcome can begin another.
struct Turn(Arc<Breaker>);

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.memory().queue.end_turn();
    }
}
