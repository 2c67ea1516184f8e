use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream;
use headgate_core::{Clock, KeyValue, KeyValueError, Moment, Timestamp};
use headgate_events::{ChangeError, Limits};

use crate::keys;
use crate::ports::World;
use crate::robots::Robots;
use crate::run::{Asked, Phase};

/// When a tick begins nothing more.
const TIME: Duration = Duration::from_secs(20);

/// How many runs are looked after at a time.
const PARALLEL: usize = 8;

/// How many runs a tick looks at that it has no note of.
const SWEEP: usize = 200;

/// How long a note without a run stays: whoever wrote it is about to store the run.
const NOTE: Duration = Duration::from_secs(10 * 60);

impl<W: World> Robots<W> {
    /// Does what is due: starts what waits, looks for what is uncertain, reads what was not called back about, ends what takes
    /// too long, and forgets what is old. It may come late, twice, or in several instances at once.
    pub(crate) async fn tick(&self) {
        let until = self.ports.clock.now().plus(TIME);
        for result in [self.tick_open(until).await, self.sweep(until).await] {
            if let Err(error) = result {
                self.warn(&format_args!("a tick is not finished: {error}"));
            }
        }
        Box::pin(self.outbox.deliver_due(Limits::default())).await;
    }

    async fn tick_open(&self, until: Timestamp) -> Result<(), KeyValueError> {
        let mut notes = self.ports.key_value.list(keys::OPEN).await?;
        self.rotate(&mut notes);
        stream::iter(notes)
            .for_each_concurrent(PARALLEL, |note| async move {
                let Some(id) = note.strip_prefix(keys::OPEN) else { return };
                if self.ports.clock.now() >= until {
                    return;
                }
                match self.look_after(id).await {
                    Ok(true) => {
                        if let Err(error) = self.ports.key_value.delete(&note).await {
                            self.warn(&format_args!("the note of run {id} stays: {error}"));
                        }
                    }
                    Ok(false) => {}
                    Err(error) => self.warn(&format_args!("run {id} is left for later: {error}")),
                }
            })
            .await;
        Ok(())
    }

    /// Looks after a run; whether no note of it is needed any more.
    async fn look_after(&self, id: &str) -> Result<bool, ChangeError> {
        let Some(held) = self.advance(id, Asked::ByTick).await? else {
            let written = self.ports.key_value.get(&keys::open(id)).await?;
            let written = written.and_then(|value| serde_json::from_slice::<Moment>(&value).ok());
            let now = self.ports.clock.now();
            let is_orphan = written.is_none_or(|written| now.since(written.timestamp()) > NOTE);
            if is_orphan {
                self.forget_all_inputs(id).await?;
            }
            return Ok(is_orphan);
        };
        if held.record.is_left_over(self.ports.clock.now()) {
            let handed = self.outbox.hand_over(&keys::run(id), &[]).await;
            self.outbox.deliver(handed).await;
            return Ok(false);
        }
        let is_over = held.state().is_finished() && held.record.events().next().is_none();
        if is_over {
            self.forget_all_inputs(id).await?;
        }
        Ok(is_over)
    }

    /// Looks at a part of all runs, from another one on at each time: forgets what is old, and notes again what has lost its
    /// note.
    async fn sweep(&self, until: Timestamp) -> Result<(), KeyValueError> {
        let mut runs = self.ports.key_value.list(keys::RUNS).await?;
        self.rotate(&mut runs);
        for key in runs.into_iter().take(SWEEP) {
            let Some(id) = key.strip_prefix(keys::RUNS) else { continue };
            let now = self.ports.clock.now();
            if now >= until {
                break;
            }
            let held = match self.runs.read(id).await {
                Ok(Some(held)) => held,
                Ok(None) => continue,
                Err(ChangeError::Store(error)) => return Err(error),
                Err(error) => {
                    self.warn(&format_args!("run {id} cannot be read: {error}"));
                    continue;
                }
            };
            let has_events = held.record.events().next().is_some();
            match &held.state().phase {
                // It never changes again, so nothing is lost by deleting it.
                Phase::Finished { at, .. } if !has_events => {
                    if now.since(at.timestamp()) >= self.configuration.retention {
                        self.forget_all_inputs(id).await?;
                        self.ports.key_value.delete(&key).await?;
                    }
                }
                _ => self.note(id, now).await?,
            }
        }
        Ok(())
    }

    /// Notes that a tick is to look after a run.
    pub(crate) async fn note(&self, id: &str, now: Timestamp) -> Result<(), KeyValueError> {
        let value = serde_json::to_vec(&Moment::from(now)).unwrap_or_default();
        self.ports.key_value.set(&keys::open(id), &value).await
    }

    /// Deletes whatever inputs there are of a run, those of a request too that came by the same key and was another.
    async fn forget_all_inputs(&self, id: &str) -> Result<(), KeyValueError> {
        for key in self.ports.key_value.list(&keys::all_inputs(id)).await? {
            self.ports.key_value.delete(&key).await?;
        }
        Ok(())
    }

    /// Begins with another key each time, so that one tick's time is not always spent on the same.
    fn rotate(&self, keys: &mut [String]) {
        keys.sort_unstable();
        let seed = self.ports.clock.now().as_millis().wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 16;
        let length = u64::try_from(keys.len()).unwrap_or(u64::MAX);
        if let Some(start) = seed.checked_rem(length) {
            keys.rotate_left(usize::try_from(start).unwrap_or_default());
        }
    }
}
