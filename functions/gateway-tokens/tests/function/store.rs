use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use headgate_core::{KeyValue, KeyValueError, Swap};
use headgate_fakes::MemoryKeyValue;

/// A store that remembers every record that was ever written, may let others go first, and may fail at its n-th call.
#[derive(Clone, Default)]
pub(crate) struct Store {
    inner: MemoryKeyValue,
    history: Arc<Mutex<Vec<Vec<u8>>>>,
    calls: Arc<AtomicUsize>,
    crash: Option<Crash>,
    yields: bool,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Crash {
    /// Which call fails, counted from 1.
    pub(crate) at: usize,
    /// Whether the call had its effect nevertheless.
    pub(crate) done: bool,
    /// Whether every later call fails too: the process is dead.
    pub(crate) for_good: bool,
}

impl Store {
    /// The same store, as an instance sees it that is about to crash.
    pub(crate) fn with_crash(&self, crash: Option<Crash>) -> Self {
        Self { crash, calls: Arc::default(), ..self.clone() }
    }

    /// The same store, over a network.
    pub(crate) fn yielding(&self) -> Self {
        Self { yields: true, ..self.clone() }
    }

    /// The same store, without a network between.
    pub(crate) fn at_hand(&self) -> Self {
        Self { yields: false, ..self.clone() }
    }

    pub(crate) fn calls(&self) -> usize {
        self.calls.load(Ordering::Relaxed)
    }

    /// The tokens' records in the order in which they were written.
    pub(crate) fn history(&self) -> Vec<serde_json::Value> {
        let history = self.history.lock().unwrap();
        history.iter().map(|record| serde_json::from_slice(record).unwrap()).collect()
    }

    pub(crate) fn fail(&self) {
        self.inner.fail_with(KeyValueError::Unavailable("down".to_owned()));
    }

    pub(crate) fn recover(&self) {
        self.inner.recover();
    }

    async fn call<T>(
        &self,
        act: impl Future<Output = Result<T, KeyValueError>>,
    ) -> Result<T, KeyValueError> {
        if self.yields {
            Yield(false).await;
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
            Yield(false).await;
        }
        result
    }
}

impl KeyValue for Store {
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, KeyValueError> {
        self.call(self.inner.get(key)).await
    }

    async fn set(&self, key: &str, value: &[u8]) -> Result<(), KeyValueError> {
        assert!(!key.starts_with("gateway-token/"), "a record is swapped, never set");
        self.call(self.inner.set(key, value)).await
    }

    async fn delete(&self, key: &str) -> Result<(), KeyValueError> {
        assert!(!key.starts_with("gateway-token/"), "a record is never deleted");
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
        self.call(async {
            let swapped = self.inner.compare_and_swap(key, expected, new).await?;
            if swapped == Swap::Stored && key.starts_with("gateway-token/") {
                self.history.lock().unwrap().push(new.to_vec());
            }
            Ok(swapped)
        })
        .await
    }
}

struct Yield(bool);

impl Future for Yield {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.0 {
            return Poll::Ready(());
        }
        self.0 = true;
        context.waker().wake_by_ref();
        Poll::Pending
    }
}
