use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use headgate_core::{Clock, Timer, Timestamp};

use crate::unpoisoned::lock;

/// A clock that stands still until the test moves it. Clones show the same time.
///
/// It is a [`Timer`] too: who sleeps by it wakes when the test has moved it far enough.
#[derive(Clone, Debug)]
pub struct ManualClock(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    now: Timestamp,
    sleepers: Vec<Waker>,
}

impl ManualClock {
    /// Makes a clock that shows `now`.
    #[must_use]
    pub fn at(now: Timestamp) -> Self {
        Self(Arc::new(Mutex::new(State { now, sleepers: Vec::new() })))
    }

    /// Moves the clock on by `duration`.
    pub fn advance(&self, duration: Duration) {
        self.set(self.now().plus(duration));
    }

    /// Sets the clock to `now`, which may lie in its past.
    pub fn set(&self, now: Timestamp) {
        let sleepers = {
            let mut state = lock(&self.0);
            state.now = now;
            std::mem::take(&mut state.sleepers)
        };
        for sleeper in sleepers {
            sleeper.wake();
        }
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        lock(&self.0).now
    }
}

impl Timer for ManualClock {
    fn sleep(&self, duration: Duration) -> impl Future<Output = ()> + Send {
        Sleep { clock: self.clone(), until: self.now().plus(duration) }
    }
}

struct Sleep {
    clock: ManualClock,
    until: Timestamp,
}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut state = lock(&self.clock.0);
        if state.now >= self.until {
            return Poll::Ready(());
        }
        state.sleepers.push(context.waker().clone());
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[test]
    fn clones_show_the_time_that_the_test_set() {
        let clock = ManualClock::at(Timestamp::from_secs(100));
        let same = clock.clone();
        clock.advance(Duration::from_secs(5));
        assert_eq!(same.now(), Timestamp::from_secs(105));
        clock.set(Timestamp::from_secs(3));
        assert_eq!(same.now(), Timestamp::from_secs(3));
    }

    #[test]
    fn a_sleeper_wakes_when_the_clock_has_been_moved_far_enough() {
        let clock = ManualClock::at(Timestamp::from_secs(100));
        let mut sleep = Box::pin(clock.sleep(Duration::from_secs(10)));
        clock.advance(Duration::from_secs(9));
        assert!(sleep.as_mut().now_or_never().is_none());
        clock.advance(Duration::from_secs(1));
        assert!(sleep.now_or_never().is_some());
    }
}
