use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::rt::{Sleep, Timer};
use tokio::time::Instant;

/// The one alarm of a connection that waits for a request's head.
///
/// hyper has one timeout both for the silence between requests and for the arrival of a head. The first has to be long,
/// or a proxy's idle connections break under it; the second short, or callers who send a byte a minute hold them all.
/// So hyper is given the long one, and this timer, which learns from the connection when bytes arrive, makes it short
/// from the first of them on.
#[derive(Clone, Debug)]
pub(crate) struct HeadTimer(Arc<Alarm>);

#[derive(Debug)]
struct Alarm {
    /// How often bytes have arrived.
    arrivals: AtomicU64,
    /// How long a head may take from its first byte on.
    head: Duration,
    /// Armed once for the whole connection and only put off from then on, which takes no lock of the runtime's. The
    /// lock here is the connection's own and always free.
    sleep: Mutex<Pin<Box<tokio::time::Sleep>>>,
}

/// The wait for one head.
#[derive(Debug)]
struct HeadDeadline {
    alarm: Arc<Alarm>,
    arrivals_before: u64,
    begun: bool,
}

impl HeadTimer {
    /// Makes the alarm of a new connection.
    pub(crate) fn new(head: Duration) -> Self {
        let sleep = Mutex::new(Box::pin(tokio::time::sleep(head)));
        Self(Arc::new(Alarm { arrivals: AtomicU64::new(0), head, sleep }))
    }

    /// Takes note that bytes have arrived.
    pub(crate) fn arrived(&self) {
        self.0.arrivals.fetch_add(1, Ordering::Relaxed);
    }
}

impl Alarm {
    fn sleep(&self) -> MutexGuard<'_, Pin<Box<tokio::time::Sleep>>> {
        self.sleep.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Timer for HeadTimer {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Sleep>> {
        self.sleep_until(self.now() + duration)
    }

    fn sleep_until(&self, deadline: std::time::Instant) -> Pin<Box<dyn Sleep>> {
        self.0.sleep().as_mut().reset(Instant::from_std(deadline));
        let arrivals_before = self.0.arrivals.load(Ordering::Relaxed);
        Box::pin(HeadDeadline { alarm: Arc::clone(&self.0), arrivals_before, begun: false })
    }

    fn now(&self) -> std::time::Instant {
        Instant::now().into_std()
    }
}

impl Sleep for HeadDeadline {}

impl Future for HeadDeadline {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let this = self.get_mut();
        let mut sleep = this.alarm.sleep();
        if !this.begun && this.alarm.arrivals.load(Ordering::Relaxed) != this.arrivals_before {
            this.begun = true;
            sleep.as_mut().reset(Instant::now() + this.alarm.head);
        }
        sleep.as_mut().poll(context)
    }
}
