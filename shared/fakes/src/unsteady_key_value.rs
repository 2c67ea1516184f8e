use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use headgate_core::{KeyValue, KeyValueError, Swap};

use crate::memory_key_value::MemoryKeyValue;
use crate::pause::pause;
use crate::unpoisoned::lock;

/// A store in memory as an instance of a function sees it: over a network on which others may go first, or about to crash
/// at one of its calls.
///
/// Clones share what is stored, and so does every instance that is made of the same [`MemoryKeyValue`].
#[derive(Clone, Debug, Default)]
pub struct UnsteadyKeyValue {
    memory: MemoryKeyValue,
    calls: Arc<AtomicUsize>,
    crash: Option<Crash>,
    yields: bool,
    records: Option<Records>,
}

/// At which call an instance crashes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Crash {
    /// Which call fails, counted from 1.
    pub at: usize,
    /// Whether the call has its effect nevertheless.
    pub done: bool,
    /// Whether every later call fails too: the process is dead.
    pub for_good: bool,
}

impl Crash {
    /// Every way to crash at one of `calls` calls.
    pub fn each(calls: usize) -> impl Iterator<Item = Self> {
        (1..=calls).flat_map(|at| {
            [(false, false), (false, true), (true, false), (true, true)]
                .map(|(done, for_good)| Self { at, done, for_good })
        })
    }
}

/// The values that were swapped in under keys that nobody may set or delete.
#[derive(Clone, Debug)]
struct Records {
    prefix: &'static str,
    history: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl UnsteadyKeyValue {
    /// Makes a store that holds what `memory` holds, without a network and without a crash.
    #[must_use]
    pub fn over(memory: MemoryKeyValue) -> Self {
        Self { memory, ..Self::default() }
    }

    /// Makes a store whose values under keys with this prefix are records: they are only ever swapped, or the test fails,
    /// and each of them is remembered.
    #[must_use]
    pub fn with_records(prefix: &'static str) -> Self {
        Self { records: Some(Records { prefix, history: Arc::default() }), ..Self::default() }
    }

    /// Gives the same store as another instance sees it, which crashes so; its calls are counted from 0.
    #[must_use]
    pub fn with_crash(&self, crash: impl Into<Option<Crash>>) -> Self {
        Self { crash: crash.into(), calls: Arc::default(), ..self.clone() }
    }

    /// Gives the same store over a network: others go first before and after each call.
    #[must_use]
    pub fn yielding(&self) -> Self {
        Self { yields: true, ..self.clone() }
    }

    /// Gives the same store without a network between.
    #[must_use]
    pub fn at_hand(&self) -> Self {
        Self { yields: false, ..self.clone() }
    }

    /// What all instances share.
    #[must_use]
    pub fn memory(&self) -> &MemoryKeyValue {
        &self.memory
    }

    /// How many calls this instance has made.
    #[must_use]
    pub fn calls(&self) -> usize {
        self.calls.load(Ordering::Relaxed)
    }

    /// The records in the order in which they were written, by whichever instance.
    ///
    /// # Panics
    ///
    /// When one of them is not JSON.
    #[must_use]
    #[expect(clippy::unwrap_used, reason = "a record that is not JSON fails the test")]
    pub fn history(&self) -> Vec<serde_json::Value> {
        let Some(records) = &self.records else { return Vec::new() };
        let history = lock(&records.history);
        history.iter().map(|record| serde_json::from_slice(record).unwrap()).collect()
    }

    /// Lets every call of every instance fail, until [`recover`](Self::recover).
    pub fn fail(&self) {
        self.memory.fail_with(KeyValueError::Unavailable("down".to_owned()));
    }

    /// Ends what [`fail`](Self::fail) began; what was stored before is there.
    pub fn recover(&self) {
        self.memory.recover();
    }

    async fn call<T>(
        &self,
        act: impl Future<Output = Result<T, KeyValueError>>,
    ) -> Result<T, KeyValueError> {
        if self.yields {
            pause().await;
        }
        let call = self.calls.fetch_add(1, Ordering::Relaxed) + 1;
        let failure = || Err(KeyValueError::Unavailable("crash".to_owned()));
        let result = match self.crash {
            Some(crash) if call == crash.at => {
                if crash.done {
                    act.await?;
                }
                failure()
            }
            Some(crash) if call > crash.at && crash.for_good => failure(),
            _ => act.await,
        };
        if self.yields {
            pause().await;
        }
        result
    }

    fn assert_no_record(&self, key: &str, act: &str) {
        let is_record =
            self.records.as_ref().is_some_and(|records| key.starts_with(records.prefix));
        assert!(!is_record, "a record is swapped, never {act}: {key}");
    }
}

impl KeyValue for UnsteadyKeyValue {
    fn longest_value(&self) -> usize {
        self.memory.longest_value()
    }

    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, KeyValueError> {
        self.call(self.memory.get(key)).await
    }

    async fn set(&self, key: &str, value: &[u8]) -> Result<(), KeyValueError> {
        self.assert_no_record(key, "set");
        self.call(self.memory.set(key, value)).await
    }

    async fn delete(&self, key: &str) -> Result<(), KeyValueError> {
        self.assert_no_record(key, "deleted");
        self.call(self.memory.delete(key)).await
    }

    async fn list(&self, prefix: &str) -> Result<Vec<String>, KeyValueError> {
        self.call(self.memory.list(prefix)).await
    }

    async fn compare_and_swap(
        &self,
        key: &str,
        expected: Option<&[u8]>,
        new: &[u8],
    ) -> Result<Swap, KeyValueError> {
        self.call(async {
            let swapped = self.memory.compare_and_swap(key, expected, new).await?;
            if let Some(records) = &self.records
                && swapped == Swap::Stored
                && key.starts_with(records.prefix)
            {
                lock(&records.history).push(new.to_vec());
            }
            Ok(swapped)
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;
    use crate::now;

    #[test]
    fn the_call_of_the_crash_fails_with_or_without_its_effect_and_later_ones_if_for_good() {
        for crash in Crash::each(3).filter(|crash| crash.at == 2) {
            let memory = MemoryKeyValue::new();
            let store = UnsteadyKeyValue::over(memory.clone()).with_crash(crash);
            assert!(now(store.set("a", b"1")).is_ok());
            assert!(now(store.set("a", b"2")).is_err());
            let value: &[u8] = if crash.done { b"2" } else { b"1" };
            assert_eq!(now(memory.get("a")).unwrap().unwrap(), value, "{crash:?}");
            assert_eq!(now(store.get("a")).is_err(), crash.for_good);
            assert_eq!(store.calls(), 3);
            assert!(now(store.with_crash(None).get("a")).is_ok(), "another instance goes on");
        }
        assert_eq!(Crash::each(3).count(), 12);
    }

    #[test]
    fn over_a_network_others_go_first() {
        let store = UnsteadyKeyValue::default().yielding();
        assert!(store.get("a").now_or_never().is_none());
        assert!(store.at_hand().get("a").now_or_never().is_some());
    }

    #[test]
    fn what_is_swapped_in_as_a_record_is_remembered() {
        let store = UnsteadyKeyValue::with_records("record/");
        now(store.clone().compare_and_swap("record/a", None, b"1")).unwrap();
        now(store.compare_and_swap("record/a", None, b"2")).unwrap();
        now(store.compare_and_swap("other", None, b"3")).unwrap();
        now(store.set("other", b"4")).unwrap();
        assert_eq!(store.history(), [1]);
    }

    #[test]
    #[should_panic(expected = "a record is swapped, never deleted")]
    fn a_record_that_is_deleted_fails_the_test() {
        let _deleted = now(UnsteadyKeyValue::with_records("record/").delete("record/a"));
    }
}
