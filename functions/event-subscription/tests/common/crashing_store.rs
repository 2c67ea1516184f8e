use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use headgate_core::{KeyValue, KeyValueError, Swap};
use headgate_fakes::MemoryKeyValue;

/// A store whose n-th call fails: for once, or for good because the process that calls it is dead.
#[derive(Clone)]
pub(crate) struct CrashingStore {
    inner: MemoryKeyValue,
    calls: Arc<AtomicUsize>,
    crash: Option<Crash>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Crash {
    /// Which call fails, counted from 1.
    pub(crate) at: usize,
    /// Whether the call had its effect nevertheless.
    pub(crate) effect: Effect,
    /// Whether every later call fails too.
    pub(crate) for_good: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    None,
    Done,
}

impl CrashingStore {
    pub(crate) fn new(inner: MemoryKeyValue, crash: Option<Crash>) -> Self {
        Self { inner, calls: Arc::default(), crash }
    }

    pub(crate) fn calls(&self) -> usize {
        self.calls.load(Ordering::Relaxed)
    }

    async fn call<T>(
        &self,
        act: impl Future<Output = Result<T, KeyValueError>>,
    ) -> Result<T, KeyValueError> {
        let call = self.calls.fetch_add(1, Ordering::Relaxed) + 1;
        let failure = || Err(KeyValueError::Unavailable("crash".to_owned()));
        match self.crash {
            Some(crash) if call == crash.at => {
                if crash.effect == Effect::Done {
                    act.await?;
                }
                failure()
            }
            Some(crash) if call > crash.at && crash.for_good => failure(),
            _ => act.await,
        }
    }
}

impl KeyValue for CrashingStore {
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, KeyValueError> {
        self.call(self.inner.get(key)).await
    }

    async fn set(&self, key: &str, value: &[u8]) -> Result<(), KeyValueError> {
        self.call(self.inner.set(key, value)).await
    }

    async fn delete(&self, key: &str) -> Result<(), KeyValueError> {
        self.call(self.inner.delete(key)).await
    }

    async fn list(&self, prefix: &str) -> Result<Vec<String>, KeyValueError> {
        self.call(self.inner.list(prefix)).await
    }

    async fn compare_and_swap(
        &self,
        key: &str,
        expected: Option<&[u8]>,
        new: &[u8],
    ) -> Result<Swap, KeyValueError> {
        self.call(self.inner.compare_and_swap(key, expected, new)).await
    }
}
