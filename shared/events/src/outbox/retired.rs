use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use headgate_core::Timestamp;

/// For how long a sink is not called that has retired. The specification names no time; a sink that comes back is found
/// again.
const REST: Duration = Duration::from_secs(60 * 60);

/// The sinks that have answered 410, as far as this instance knows.
///
/// It is no part of the store: another instance asks once and learns the same.
#[derive(Clone, Debug, Default)]
pub(super) struct Retired(Arc<Mutex<BTreeMap<String, Timestamp>>>);

impl Retired {
    pub(super) fn add(&self, sink: &str, now: Timestamp) {
        self.until(|until| until.insert(sink.to_owned(), now.plus(REST)));
    }

    /// Lets a sink be called again: somebody has asked for it.
    pub(super) fn forget(&self, sink: &str) {
        self.until(|until| until.remove(sink));
    }

    pub(super) fn has(&self, sink: &str, now: Timestamp) -> bool {
        self.until(|until| until.get(sink).is_some_and(|until| now < *until))
    }

    /// Never held across an await.
    fn until<T>(&self, act: impl FnOnce(&mut BTreeMap<String, Timestamp>) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sink_rests_for_an_hour_or_until_somebody_asks_for_it() {
        let (retired, now) = (Retired::default(), Timestamp::from_secs(1_000));
        assert!(!retired.has("a", now));
        retired.add("a", now);
        assert!(retired.has("a", now.plus(REST - Duration::from_secs(1))));
        assert!(!retired.has("a", now.plus(REST)));
        assert!(!retired.has("b", now));
        retired.forget("a");
        assert!(!retired.has("a", now));
    }
}
