use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use tokio::sync::watch;

/// What a stand-in does in place of its work, or besides it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// It answers 429, with `Retry-After` in seconds if there is one.
    Throttle(Option<u64>),
    /// It answers this status with an empty body.
    Fail(StatusCode),
    /// It answers this status with this body as JSON.
    Answer(StatusCode, Bytes),
    /// It closes the connection without having done anything.
    Drop,
    /// It does its work, and closes the connection in place of the answer.
    DropAfter,
    /// It does its work, and breaks its answer off after so many bytes of the body.
    CutAnswer(usize),
    /// It does not answer until [`Troubles::release`], and then does its work.
    Hang,
    /// It does its work after a while.
    Delay(Duration),
}

/// The troubles of a stand-in, and the count of what has come.
#[derive(Debug)]
pub struct Troubles {
    next: Mutex<VecDeque<Trouble>>,
    always: Mutex<Option<Trouble>>,
    breaks: Mutex<Option<usize>>,
    requests: watch::Sender<u64>,
    released: watch::Sender<u64>,
}

impl Default for Troubles {
    fn default() -> Self {
        Self {
            next: Mutex::default(),
            always: Mutex::default(),
            breaks: Mutex::default(),
            requests: watch::Sender::new(0),
            released: watch::Sender::new(0),
        }
    }
}

impl Troubles {
    /// Makes trouble for the next requests, one each, in this order.
    pub fn next(&self, troubles: impl IntoIterator<Item = Trouble>) {
        self.next.lock().unwrap_or_else(PoisonError::into_inner).extend(troubles);
    }

    /// Makes the same trouble for every request that has none of its own, or none any more.
    pub fn always(&self, trouble: Option<Trouble>) {
        *self.always.lock().unwrap_or_else(PoisonError::into_inner) = trouble;
    }

    /// Closes the connection within the next request whose body has so many bytes or more, once they have come. It is not
    /// counted, and nothing is done.
    pub fn break_within(&self, bytes: usize) {
        *self.breaks.lock().unwrap_or_else(PoisonError::into_inner) = Some(bytes);
    }

    /// Whether a request of which so many bytes have come is broken off.
    pub(super) fn breaks(&self, received: usize) -> bool {
        let mut breaks = self.breaks.lock().unwrap_or_else(PoisonError::into_inner);
        breaks.take_if(|after| *after <= received).is_some()
    }

    /// Lets every request that hangs go on.
    pub fn release(&self) {
        self.released.send_modify(|count| *count += 1);
    }

    /// How many requests have come, those in trouble included.
    #[must_use]
    pub fn requests(&self) -> u64 {
        *self.requests.borrow()
    }

    /// Waits until so many requests have come in all.
    pub async fn requests_reach(&self, count: u64) {
        // The sender lives as long as `self`, so waiting cannot fail.
        let _ = self.requests.subscribe().wait_for(|seen| *seen >= count).await;
    }

    /// Counts a request and gives its trouble.
    pub(super) fn arrive(&self) -> Option<Trouble> {
        let own = self.next.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        let trouble =
            own.or_else(|| self.always.lock().unwrap_or_else(PoisonError::into_inner).clone());
        self.requests.send_modify(|seen| *seen += 1);
        trouble
    }

    /// Waits for the next release.
    pub(super) async fn held(&self) {
        let mut released = self.released.subscribe();
        let _ = released.changed().await;
    }
}
