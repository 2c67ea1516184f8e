use std::sync::{Mutex, PoisonError};

use headgate_core::Timestamp;

/// How often somebody has called back to an address that nobody has: those who guess are slowed down.
#[derive(Debug, Default)]
pub(crate) struct Misses(Mutex<(u64, u32)>);

/// How many a minute cost a look at the store.
const MOST: u32 = 120;

impl Misses {
    /// Whether there were too many within this minute.
    pub(crate) fn are_too_many(&self, now: Timestamp) -> bool {
        let counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *counted >= (now.as_secs() / 60, MOST)
    }

    /// Counts one more.
    pub(crate) fn add(&self, now: Timestamp) {
        let mut counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let minute = now.as_secs() / 60;
        *counted =
            if counted.0 == minute { (minute, counted.1.saturating_add(1)) } else { (minute, 1) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_too_many_misses_the_rest_of_the_minute_is_closed() {
        let (misses, now) = (Misses::default(), Timestamp::from_secs(6_000));
        for _ in 0..MOST {
            assert!(!misses.are_too_many(now));
            misses.add(now);
        }
        assert!(misses.are_too_many(now));
        assert!(!misses.are_too_many(Timestamp::from_secs(6_060)));
    }
}
