use std::sync::Arc;

use async_lock::Semaphore;

/// A closed door at which an answer waits until the test opens it.
///
/// It takes the place of a sleep: the test waits for [`reached`](Gate::reached), does what must happen while the call is
/// under way, and then lets it go on. A gate that is never opened is a peer that hangs.
#[derive(Clone, Debug)]
pub struct Gate(Arc<Door>);

#[derive(Debug)]
struct Door {
    arrivals: Semaphore,
    passes: Semaphore,
}

impl Gate {
    /// Makes a gate that is closed.
    #[must_use]
    pub fn closed() -> Self {
        Self(Arc::new(Door { arrivals: Semaphore::new(0), passes: Semaphore::new(0) }))
    }

    /// Lets `count` more answers through, whether they wait already or come later.
    pub fn open_for(&self, count: usize) {
        self.0.passes.add_permits(count);
    }

    /// Waits until one more answer has arrived here.
    pub async fn reached(&self) {
        self.0.arrivals.acquire().await.forget();
    }

    /// Arrives here, and waits to be let through.
    pub async fn pass(&self) {
        self.0.arrivals.add_permits(1);
        self.0.passes.acquire().await.forget();
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[test]
    fn a_closed_gate_holds_until_it_is_opened() {
        let gate = Gate::closed();
        let mut pass = Box::pin(gate.pass());
        assert!(pass.as_mut().now_or_never().is_none());
        assert!(gate.reached().now_or_never().is_some());

        gate.open_for(1);
        assert!(pass.now_or_never().is_some());
        assert!(gate.pass().now_or_never().is_none(), "it was opened for one");
    }
}
