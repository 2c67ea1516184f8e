use std::time::Duration;

use headgate_core::{Clock, KeyValue, KeyValueError, Timestamp};
use headgate_events::Limits;

use crate::World;
use crate::event_subscription::EventSubscription;
use crate::keys;
use crate::parallel::in_parallel;
use crate::record::Asked;
use crate::run::Became;
use crate::trace::Trace;

/// When a tick begins nothing more.
const TIME: Duration = Duration::from_secs(20);

/// What a tick found at a key.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Found {
    /// Something that is still to be done.
    Pending,
    /// Nothing to do any more.
    Done,
}

impl<W: World> EventSubscription<W> {
    /// Does what is due: handlers and sinks that have failed, forgetting what was seen long ago, and handshakes last, which
    /// anybody can ask for and which may all take their time. It may come late, twice, or in several instances at once.
    pub(crate) async fn tick(&self, trace: &Trace) {
        let until = self.ports.clock.now().plus(TIME);
        let parts = [
            self.tick_redelivered(until, trace).await,
            self.tick_noted(until, trace).await,
            self.sweep(until, trace).await,
        ];
        for error in parts.into_iter().filter_map(Result::err) {
            self.warn(&format_args!("a tick is not finished: {error}"));
        }
        Box::pin(self.outbox.deliver_due(Limits::default())).await;
        let until = self.ports.clock.now().plus(TIME);
        if let Err(error) = self.validate_pending(until).await {
            self.warn(&format_args!("handshakes are left for later: {error}"));
        }
    }

    async fn tick_redelivered(&self, until: Timestamp, trace: &Trace) -> Result<(), KeyValueError> {
        let keys = self.ports.key_value.list(keys::REDELIVERED).await?;
        in_parallel(keys, |key| self.goes_on(until).then(|| self.take_up(key, trace))).await;
        Ok(())
    }

    /// Takes up what a failure was noted of. A note goes when nothing is pending any more.
    async fn tick_noted(&self, until: Timestamp, trace: &Trace) -> Result<(), KeyValueError> {
        let store = &self.ports.key_value;
        let notes = store.list(keys::PENDING).await?;
        let results = in_parallel(notes, |note| {
            self.goes_on(until).then_some(async move {
                let Some(key) = keys::of_pending(&note) else { return Ok(()) };
                match self.take_up(key, trace).await {
                    Found::Done => store.delete(&note).await,
                    Found::Pending => Ok(()),
                }
            })
        })
        .await;
        results.into_iter().collect()
    }

    /// Looks at all records, or as many as there is time for, from another one at each time.
    async fn sweep(&self, until: Timestamp, trace: &Trace) -> Result<(), KeyValueError> {
        let mut keys = self.ports.key_value.list(keys::EVENTS).await?;
        keys.sort_unstable();
        let seed = until.as_millis().wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 16;
        let length = u64::try_from(keys.len()).unwrap_or(u64::MAX);
        if let Some(start) = seed.checked_rem(length) {
            keys.rotate_left(usize::try_from(start).unwrap_or_default());
        }
        in_parallel(keys, |key| self.goes_on(until).then(|| self.take_up(key, trace))).await;
        Ok(())
    }

    pub(crate) fn goes_on(&self, until: Timestamp) -> bool {
        self.ports.clock.now() < until
    }

    async fn take_up(&self, key: String, trace: &Trace) -> Found {
        match self.try_take_up(&key, trace).await {
            Ok(found) => found,
            Err(error) => {
                self.warn(&format_args!("{key} is left for later: {error}"));
                Found::Pending
            }
        }
    }

    async fn try_take_up(&self, key: &str, trace: &Trace) -> Result<Found, KeyValueError> {
        let Some(stored) = self.read(key).await? else { return Ok(Found::Done) };
        // A record that is settled never changes again, so nothing is lost by deleting it.
        if stored.record.is_forgettable(self.configuration.window, self.ports.clock.now()) {
            self.ports.key_value.delete(key).await?;
            return Ok(Found::Done);
        }
        Ok(match self.work(stored, Asked::ByTick, trace).await {
            Became::Done { .. } | Became::Seen => Found::Done,
            Became::Pending { .. } | Became::UnderWay { .. } | Became::Left => Found::Pending,
        })
    }
}
