use std::cell::Cell;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use headgate_core::{KeyValue, KeyValueError, Swap};
use headgate_fakes::MemoryKeyValue;

thread_local! {
    static INTERLEAVING: Cell<bool> = const { Cell::new(false) };
}

/// Whether several instances run step by step on this thread.
pub(crate) fn is_interleaving() -> bool {
    INTERLEAVING.get()
}

/// Lets others go first.
pub(crate) async fn pause() {
    Yield(false).await;
}

/// A store that lets others go first, before and after each call: as a network does.
#[derive(Clone)]
pub(crate) struct Yielding(pub(crate) MemoryKeyValue);

impl Yielding {
    async fn call<T>(&self, act: impl Future<Output = T>) -> T {
        pause().await;
        let result = act.await;
        pause().await;
        result
    }
}

impl KeyValue for Yielding {
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, KeyValueError> {
        self.call(self.0.get(key)).await
    }

    async fn set(&self, key: &str, value: &[u8]) -> Result<(), KeyValueError> {
        self.call(self.0.set(key, value)).await
    }

    async fn delete(&self, key: &str) -> Result<(), KeyValueError> {
        self.call(self.0.delete(key)).await
    }

    async fn list(&self, prefix: &str) -> Result<Vec<String>, KeyValueError> {
        self.call(self.0.list(prefix)).await
    }

    async fn compare_and_swap(
        &self,
        key: &str,
        expected: Option<&[u8]>,
        new: &[u8],
    ) -> Result<Swap, KeyValueError> {
        self.call(self.0.compare_and_swap(key, expected, new)).await
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

/// Runs what several instances do to its end, step by step, in the order that `choices` makes.
pub(crate) fn interleaved(mut tasks: Vec<Pin<Box<dyn Future<Output = ()> + '_>>>, choices: &[u8]) {
    INTERLEAVING.set(true);
    let mut choices = choices.iter().copied().cycle();
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..1_000_000 {
        if tasks.is_empty() {
            INTERLEAVING.set(false);
            return;
        }
        let index = usize::from(choices.next().unwrap_or(0)) % tasks.len();
        if tasks[index].as_mut().poll(&mut context).is_ready() {
            drop(tasks.remove(index));
        }
    }
    panic!("the instances do not come to an end");
}
