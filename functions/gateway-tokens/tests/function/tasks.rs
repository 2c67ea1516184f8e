use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Waker};
use std::time::Duration;

use headgate_core::Background;
use headgate_fakes::ManualClock;

pub(crate) type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Work beside requests: done before the answer, as on Lambda, or when the test comes to it, as on a server.
#[derive(Clone, Default)]
pub(crate) struct Tasks(Option<Arc<Mutex<Vec<Task>>>>);

impl Tasks {
    pub(crate) fn before_the_answer() -> Self {
        Self(None)
    }

    pub(crate) fn beside_the_answer() -> Self {
        Self(Some(Arc::default()))
    }

    /// Takes what was begun.
    pub(crate) fn take(&self) -> Vec<Task> {
        self.0.as_ref().map(|tasks| std::mem::take(&mut *tasks.lock().unwrap())).unwrap_or_default()
    }
}

impl Background for Tasks {
    fn outlives_the_answer(&self) -> bool {
        self.0.is_some()
    }

    async fn begin(&self, work: impl Future<Output = ()> + Send + 'static) {
        match &self.0 {
            Some(tasks) => tasks.lock().unwrap().push(Box::pin(work)),
            None => work.await,
        }
    }
}

/// Runs tasks, and what they begin beside themselves, to their end, step by step in an order made from `seed`. When all of
/// them wait for the clock it is moved on by 10 ms.
pub(crate) fn interleave(mut running: Vec<Task>, beside: &Tasks, clock: &ManualClock, seed: u64) {
    let mut random = seed.wrapping_mul(2).wrapping_add(1);
    let mut context = Context::from_waker(Waker::noop());
    let mut idle = 0;
    for _ in 0..1_000_000 {
        running.extend(beside.take());
        if running.is_empty() {
            return;
        }
        // Numerical Recipes' generator; its high bits are good enough to choose by.
        random =
            random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let index = usize::try_from(random >> 33).unwrap() % running.len();
        if running[index].as_mut().poll(&mut context).is_ready() {
            drop(running.swap_remove(index));
            idle = 0;
        } else {
            idle += 1;
        }
        if idle > 100 * running.len() {
            clock.advance(Duration::from_millis(10));
            idle = 0;
        }
    }
    panic!("the tasks do not come to an end");
}
