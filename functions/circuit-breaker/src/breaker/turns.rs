use std::sync::atomic::{AtomicU64, Ordering};

use futures_util::lock::{Mutex, MutexGuard};

/// Lets an instance change a record once at a time. Of changes that are under way together only one is stored, and each
/// of the others has asked the store in vain.
///
/// While the store fails, nobody waits for anybody: it is asked by all at once, so that a store that hangs holds each
/// request up for its own deadline and not for those of all before it.
#[derive(Debug, Default)]
pub(super) struct Turns {
    turn: Mutex<()>,
    failures: AtomicU64,
}

impl Turns {
    /// Waits for a turn, which ends when it is dropped; `None` when the store has failed meanwhile.
    pub(super) async fn next(&self) -> Option<MutexGuard<'_, ()>> {
        let before = self.failures.load(Ordering::Relaxed);
        let turn = self.turn.lock().await;
        (self.failures.load(Ordering::Relaxed) == before).then_some(turn)
    }

    /// Notes that the store has failed: whoever waits goes on once this turn has ended.
    pub(super) fn fail(&self) {
        self.failures.fetch_add(1, Ordering::Relaxed);
    }
}
