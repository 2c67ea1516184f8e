use std::sync::Arc;
use std::time::Duration;

use headgate_core::Timestamp;

use super::known::Known;
use super::queue::Queue;

/// What an instance remembers of a backend. It may be forgotten at any time.
#[derive(Debug, Default)]
pub(super) struct Memory {
    known: Option<Arc<Known>>,
    /// When the store was last asked, or last answered.
    asked: Option<Timestamp>,
    /// Counts what was learnt, so that a slow read does not replace what came after it.
    generation: u64,
    pub(super) queue: Queue,
}

/// What a memory says when it is asked for the record.
pub(super) enum Recalled {
    /// This, or that the store did not answer a moment ago.
    Known(Option<Arc<Known>>),
    /// Ask the store; the number is for [`Memory::learn`].
    Ask(u64),
}

impl Memory {
    /// What is known, unless it is older than `age`. One request then asks, and meanwhile the others keep to what is known.
    pub(super) fn recall(&mut self, now: Timestamp, age: Duration) -> Recalled {
        if self.is_fresh(now, age) {
            return Recalled::Known(self.known.clone());
        }
        if self.known.is_some() {
            self.asked = Some(now);
        }
        Recalled::Ask(self.generation)
    }

    /// What is known, if it is not older than `age`.
    pub(super) fn fresh(&self, now: Timestamp, age: Duration) -> Option<Arc<Known>> {
        self.known.clone().filter(|_| self.is_fresh(now, age))
    }

    /// What is known, however old.
    pub(super) fn latest(&self) -> Option<&Arc<Known>> {
        self.known.as_ref()
    }

    /// Which generation this is, for [`learn`](Self::learn).
    pub(super) const fn generation(&self) -> u64 {
        self.generation
    }

    /// Takes what was read since `generation`, unless something else was learnt since, and gives the newer.
    pub(super) fn learn(
        &mut self,
        read: Arc<Known>,
        generation: u64,
        now: Timestamp,
    ) -> Arc<Known> {
        match &self.known {
            Some(newer) if self.generation != generation => Arc::clone(newer),
            _ => {
                self.set(Arc::clone(&read), now);
                read
            }
        }
    }

    /// Takes what was written.
    pub(super) fn set(&mut self, written: Arc<Known>, now: Timestamp) {
        self.known = Some(written);
        self.asked = Some(now);
        self.generation += 1;
    }

    /// Notes that the store did not answer, so that not every request waits for it.
    pub(super) const fn miss(&mut self, now: Timestamp) {
        self.asked = Some(now);
    }

    /// A clock that was set back makes everything old.
    fn is_fresh(&self, now: Timestamp, age: Duration) -> bool {
        self.asked.is_some_and(|asked| asked <= now && now.since(asked) < age)
    }
}
