use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Waker};
use std::time::Duration;

use headgate_core::Background;

use crate::manual_clock::ManualClock;
use crate::unpoisoned::lock;

/// Work that goes on beside others.
pub type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Work beside requests: done before the answer, as on Lambda, or when the test comes to it, as on a server.
#[derive(Clone, Default)]
pub struct Tasks(Option<Arc<Mutex<Vec<Task>>>>);

impl Tasks {
    /// A host that does everything before it answers.
    #[must_use]
    pub const fn before_the_answer() -> Self {
        Self(None)
    }

    /// A host that goes on after the answer.
    #[must_use]
    pub fn beside_the_answer() -> Self {
        Self(Some(Arc::default()))
    }

    /// Takes what was begun.
    #[must_use]
    pub fn take(&self) -> Vec<Task> {
        self.0.as_ref().map(|tasks| std::mem::take(&mut *lock(tasks))).unwrap_or_default()
    }

    /// Runs `running`, and what begins beside it, to its end, step by step in an order made from `seed`. When all of it
    /// waits for the clock, that is moved on by 10 ms.
    ///
    /// # Panics
    ///
    /// When it does not come to an end within a million steps.
    #[expect(clippy::panic, reason = "that is the failure that this exists to report")]
    pub fn run(&self, mut running: Vec<Task>, clock: &ManualClock, seed: u64) {
        let mut random = seed.wrapping_mul(2).wrapping_add(1);
        let mut context = Context::from_waker(Waker::noop());
        let mut idle = 0;
        for _ in 0..1_000_000 {
            running.extend(self.take());
            // Numerical Recipes' generator; its high bits are good enough to choose by.
            random = random
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let chosen = usize::try_from(random >> 33).unwrap_or_default();
            let Some(index) = chosen.checked_rem(running.len()) else { return };
            let is_done = running
                .get_mut(index)
                .is_some_and(|task| task.as_mut().poll(&mut context).is_ready());
            if is_done {
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
}

impl fmt::Debug for Tasks {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(if self.0.is_some() {
            "beside the answer"
        } else {
            "before the answer"
        })
    }
}

impl Background for Tasks {
    fn outlives_the_answer(&self) -> bool {
        self.0.is_some()
    }

    async fn begin(&self, work: impl Future<Output = ()> + Send + 'static) {
        match &self.0 {
            Some(tasks) => lock(tasks).push(Box::pin(work)),
            None => work.await,
        }
    }
}

#[cfg(test)]
mod tests {
    use headgate_core::{Clock, Timer, Timestamp};

    use super::*;
    use crate::now;

    #[test]
    fn work_is_done_before_the_answer_or_when_the_test_comes_to_it() {
        let clock = ManualClock::at(Timestamp::from_secs(1));
        for (tasks, is_later) in
            [(Tasks::before_the_answer(), false), (Tasks::beside_the_answer(), true)]
        {
            let done = Arc::new(Mutex::new(false));
            let work = {
                let done = done.clone();
                async move { *lock(&done) = true }
            };
            now(tasks.begin(work));
            assert_eq!(*lock(&done), !is_later);
            tasks.run(Vec::new(), &clock, 1);
            assert!(*lock(&done));
        }
    }

    #[test]
    fn the_clock_goes_on_when_everything_waits_for_it() {
        let start = Timestamp::from_secs(1);
        let clock = ManualClock::at(start);
        let waiting = {
            let clock = clock.clone();
            async move { clock.sleep(Duration::from_millis(25)).await }
        };
        Tasks::beside_the_answer().run(vec![Box::pin(waiting)], &clock, 7);
        assert_eq!(clock.now().since(start), Duration::from_millis(30));
    }
}
