use std::sync::{Arc, Mutex};

use headgate_core::{RequestLog, Served};

use crate::unpoisoned::lock;

/// A request log that the test reads back.
#[derive(Clone, Debug, Default)]
pub struct MemoryLog(Arc<Mutex<Vec<Served>>>);

impl MemoryLog {
    /// Makes an empty log.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes out what was recorded since the last call, oldest first.
    #[must_use]
    pub fn take(&self) -> Vec<Served> {
        std::mem::take(&mut *lock(&self.0))
    }
}

impl RequestLog for MemoryLog {
    fn record(&self, served: &Served) {
        lock(&self.0).push(served.clone());
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;
    use headgate_core::{Body, Handler, Observed, Timestamp};
    use http::{Request, Response};

    use super::*;
    use crate::{CountingRandom, ManualClock};

    struct Empty;

    impl Handler for Empty {
        async fn handle(&self, _request: Request<Body>) -> Response<Body> {
            Response::new(Body::empty())
        }
    }

    #[test]
    fn what_was_recorded_is_taken_out_once() {
        let log = MemoryLog::new();
        let observed = Observed {
            function: "empty",
            handler: Empty,
            clock: ManualClock::at(Timestamp::from_secs(7)),
            random: CountingRandom::new(),
            log: log.clone(),
        };
        let request = Request::get("/").body(Body::empty()).unwrap();
        assert_eq!(observed.handle(request).now_or_never().unwrap().status(), 200);
        let served = log.take();
        assert_eq!(served.len(), 1);
        assert_eq!(served[0].time, Timestamp::from_secs(7));
        assert!(log.take().is_empty());
    }
}
