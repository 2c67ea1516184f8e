use std::sync::Arc;

use headgate_core::{Background, Clock, KeyValue, KeyValueError, Swap};
use headgate_events::{EventErrorKind, Recorded, RecordedError};

use crate::keys;
use crate::ports::World;
use crate::robots::Robots;
use crate::run::{Phase, Run, event};

/// How often a record is judged again that others have changed meanwhile.
const TRIES: usize = 32;

/// How often the store may fail while what is known must not be lost.
const FAILURES: usize = 3;

/// A run as it was last seen in the store. It holds the callback's secret as bytes too, so nothing shows it.
#[derive(Clone)]
pub(crate) struct Held {
    pub(crate) id: String,
    pub(crate) record: Recorded<Run>,
    pub(crate) value: Vec<u8>,
}

impl Held {
    pub(crate) const fn run(&self) -> &Run {
        &self.record.state
    }

    /// Where Dataverse calls back about it.
    pub(crate) fn callback(&self) -> String {
        let Run { callbacks, secret, .. } = self.run();
        format!("{callbacks}{}.{}", self.id, secret.expose())
    }
}

/// Why a record was not read or changed, or may not have been.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RecordError {
    #[error(transparent)]
    Store(#[from] KeyValueError),
    #[error(transparent)]
    Record(#[from] RecordedError),
    #[error(transparent)]
    Event(#[from] EventErrorKind),
    #[error("others change the record all the time")]
    Contended,
}

impl<W: World> Robots<W> {
    /// Reads a run.
    pub(crate) async fn read(&self, id: &str) -> Result<Option<Held>, RecordError> {
        let Some(value) = self.ports.key_value.get(&keys::run(id)).await? else { return Ok(None) };
        Ok(Some(Held { id: id.to_owned(), record: Recorded::decode(&value)?, value }))
    }

    /// Stores a new run; or gives the one that is there, and false.
    pub(crate) async fn create(&self, id: &str, run: Run) -> Result<(Held, bool), RecordError> {
        let record = Recorded::new(run);
        let value = record.encode()?;
        let held = Held { id: id.to_owned(), record, value };
        for _ in 0..TRIES {
            let store = &self.ports.key_value;
            match store.compare_and_swap(&keys::run(id), None, &held.value).await? {
                Swap::Stored => return Ok((held, true)),
                Swap::Conflict => {
                    if let Some(there) = self.read(id).await? {
                        return Ok((there, false));
                    }
                    // It was forgotten in between.
                }
            }
        }
        Err(RecordError::Contended)
    }

    /// Puts `run` in the place of the one that is held, if that is still there. None when another is.
    ///
    /// A run that comes to its end does so together with its event.
    pub(crate) async fn swap(
        self: &Arc<Self>,
        held: &Held,
        run: Run,
    ) -> Result<Option<Held>, RecordError> {
        let now = self.ports.clock.now();
        let mut record = held.record.clone();
        let mut own = Vec::new();
        if let (Phase::Finished { outcome, .. }, false) = (&run.phase, held.run().is_finished()) {
            let from = (self.configuration.source.as_str(), &self.ports.random);
            let event = event(&held.id, &run, *outcome, from, now)?;
            own.push(event.id().to_owned());
            record.record(event, now)?;
        }
        let record = record.with_state(run);
        let value = record.encode()?;
        let key = keys::run(&held.id);
        match self.ports.key_value.compare_and_swap(&key, Some(&held.value), &value).await? {
            Swap::Conflict => Ok(None),
            Swap::Stored => {
                if !own.is_empty() {
                    self.deliver_later(key, own).await;
                }
                Ok(Some(Held { id: held.id.clone(), record, value }))
            }
        }
    }

    /// Changes a run to what `judge` makes of it, which is asked again with what others have stored meanwhile; none from it
    /// leaves the run as it is. What is to be put in is known to this instance alone, so a store that fails is asked again.
    pub(crate) async fn change(
        self: &Arc<Self>,
        held: Held,
        judge: impl Fn(Run) -> Option<Run> + Send + Sync,
    ) -> Result<Held, RecordError> {
        let (mut held, mut failures) = (held, 0);
        for _ in 0..TRIES {
            let Some(run) = judge(held.run().clone()) else { return Ok(held) };
            if run == *held.run() {
                return Ok(held);
            }
            match self.swap(&held, run).await {
                Ok(Some(changed)) => return Ok(changed),
                Ok(None) => {}
                Err(RecordError::Store(error)) => {
                    failures += 1;
                    if failures == FAILURES {
                        return Err(error.into());
                    }
                }
                Err(error) => return Err(error),
            }
            match self.read(&held.id).await {
                Ok(Some(current)) => held = current,
                Ok(None) => return Ok(held),
                Err(RecordError::Store(error)) => {
                    failures += 1;
                    if failures >= FAILURES {
                        return Err(error.into());
                    }
                }
                Err(error) => return Err(error),
            }
        }
        Err(RecordError::Contended)
    }

    /// Hands over and delivers a record's events beside the request.
    async fn deliver_later(self: &Arc<Self>, key: String, own: Vec<String>) {
        let robots = Arc::clone(self);
        let work = async move {
            let handed = robots.outbox.hand_over(&key, &own).await;
            robots.outbox.deliver(handed).await;
        };
        self.ports.background.begin(work).await;
    }
}
