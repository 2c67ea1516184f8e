//! How much of a content is on its way, and whether it still moves.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use headgate_core::{Body, BodyError, Timer};
use http_body::{Body as _, Frame, SizeHint};

/// What is known of a content that is being sent. A clone is the same.
#[derive(Clone, Debug)]
pub(crate) struct Progress(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// How long the content is, if that is known.
    length: Option<u64>,
    sent: AtomicU64,
    /// How often something of it was taken, or its end.
    moves: AtomicU64,
    /// Whether it came to its end.
    ended: AtomicBool,
    /// Whether the next piece of it is not there yet: that it does not move is not the place's fault.
    awaited: AtomicBool,
}

/// The content's length is not what was said.
#[derive(Debug, thiserror::Error)]
#[error("content is longer than was said")]
struct TooMuch;

impl Progress {
    pub(crate) fn new(length: Option<u64>) -> Self {
        Self(Arc::new(Inner {
            length,
            sent: AtomicU64::new(0),
            moves: AtomicU64::new(0),
            ended: AtomicBool::new(false),
            awaited: AtomicBool::new(false),
        }))
    }

    /// The content, watched.
    pub(crate) fn watch(&self, body: Body) -> Body {
        if body.is_end_stream() {
            self.0.ended.store(true, Ordering::Relaxed);
        }
        Body::stream(Watched { body, progress: self.clone() })
    }

    /// How many bytes were taken.
    pub(crate) fn sent(&self) -> u64 {
        self.0.sent.load(Ordering::Relaxed)
    }

    /// Whether all of the content was taken.
    pub(crate) fn is_complete(&self) -> bool {
        match self.0.length {
            Some(length) => self.sent() == length,
            None => self.0.ended.load(Ordering::Relaxed),
        }
    }
}

/// How often a content is looked at within the patience that there is with it.
const LOOKS: u32 = 4;

/// Waits until nothing of a content was taken for all of `patience`, and a quarter more at the most, although it was there; or until
/// no answer came for as long after its end.
pub(crate) async fn stalled(timer: &impl Timer, progress: &Progress, patience: Duration) {
    let moves = || progress.0.moves.load(Ordering::Relaxed);
    let (mut seen, mut still) = (moves(), 0);
    while still < LOOKS {
        timer.sleep(patience / LOOKS).await;
        let is_awaited = progress.0.awaited.load(Ordering::Acquire);
        let found = moves();
        still = if found == seen && !is_awaited { still + 1 } else { 0 };
        seen = found;
    }
}

struct Watched {
    body: Body,
    progress: Progress,
}

impl http_body::Body for Watched {
    type Data = Bytes;
    type Error = Box<dyn std::error::Error + Send + Sync>;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let this = self.get_mut();
        let inner = &this.progress.0;
        let polled = Pin::new(&mut this.body).poll_frame(context);
        inner.moves.fetch_add(polled.is_ready().into(), Ordering::Relaxed);
        inner.awaited.store(polled.is_pending(), Ordering::Release);
        let Poll::Ready(frame) = polled else { return Poll::Pending };
        match &frame {
            None => inner.ended.store(true, Ordering::Relaxed),
            Some(Ok(frame)) => {
                let length = frame.data_ref().map_or(0, |data| data.len() as u64);
                let sent = inner.sent.fetch_add(length, Ordering::Relaxed).saturating_add(length);
                if inner.length.is_some_and(|length| sent > length) {
                    return Poll::Ready(Some(Err(TooMuch.into())));
                }
                if this.body.is_end_stream() {
                    inner.ended.store(true, Ordering::Relaxed);
                }
            }
            Some(Err(_)) => {}
        }
        Poll::Ready(frame.map(|frame| frame.map_err(unwrapped)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        match self.progress.0.length {
            Some(length) => SizeHint::with_exact(length.saturating_sub(self.progress.sent())),
            None => self.body.size_hint(),
        }
    }
}

/// [`Body::stream`] wraps what it is given in [`BodyError::BrokenOff`]: once is enough.
fn unwrapped(error: BodyError) -> Box<dyn std::error::Error + Send + Sync> {
    match error {
        BodyError::BrokenOff(source) => source,
        error @ BodyError::TooLong { .. } => error.into(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use futures_util::{FutureExt, stream};
    use headgate_fakes::now;
    use http_body_util::{BodyExt, StreamBody};

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(40);

    /// A timer that never waits, and the seconds for which it was to; after so many of them something is done.
    struct Counting<'a> {
        seconds: AtomicU64,
        at: u64,
        act: &'a (dyn Fn() + Sync),
    }

    impl Timer for Counting<'_> {
        async fn sleep(&self, duration: Duration) {
            let before = self.seconds.fetch_add(duration.as_secs(), Ordering::Relaxed);
            if before < self.at && self.at <= before + duration.as_secs() {
                (self.act)();
            }
        }
    }

    /// How long after `act`, which comes at second `at`, a content is given up.
    fn given_up_after(progress: &Progress, at: u64, act: &(dyn Fn() + Sync)) -> u64 {
        let timer = Counting { seconds: AtomicU64::new(0), at, act };
        now(stalled(&timer, progress, PATIENCE));
        timer.seconds.into_inner() - at
    }

    fn next_of(body: &Mutex<Body>) -> Option<Option<()>> {
        let mut body = body.lock().unwrap();
        body.frame().now_or_never().map(|frame| frame.map(drop))
    }

    fn body(frames: &'static [&'static str]) -> Body {
        let frames = frames.iter().map(|text| Ok::<_, BodyError>(Frame::data(Bytes::from(*text))));
        Body::stream(StreamBody::new(stream::iter(frames)))
    }

    #[test]
    fn a_content_is_complete_once_all_of_it_was_taken() {
        for length in [None, Some(5)] {
            let progress = Progress::new(length);
            let watched = progress.watch(body(&["abc", "de"]));
            assert!(!progress.is_complete());
            assert_eq!(now(watched.read(10)).unwrap(), "abcde");
            assert!(progress.is_complete());
            assert_eq!(progress.sent(), 5);
        }
    }

    #[test]
    fn a_content_that_is_longer_than_was_said_breaks() {
        let progress = Progress::new(Some(4));
        let watched = progress.watch(body(&["abc", "de"]));
        assert!(matches!(now(watched.read(10)), Err(BodyError::BrokenOff(_))));
        assert!(!progress.is_complete());
    }

    #[test]
    fn what_is_not_taken_is_given_up_after_all_of_the_patience_and_at_most_a_quarter_more() {
        let patience = PATIENCE.as_secs();
        assert_eq!(given_up_after(&Progress::new(None), 0, &|| {}), patience);
        for at in 1..patience {
            // A piece is taken, and no other; or the end, and there is no answer.
            for taken in [0, 1] {
                let progress = Progress::new(None);
                let watched = Mutex::new(progress.watch(body(&["abc"])));
                (0..taken).for_each(|_| assert!(next_of(&watched).unwrap().is_some()));
                let take = || assert_eq!(next_of(&watched).unwrap().is_none(), taken == 1);
                let after = given_up_after(&progress, at, &take);
                assert!((patience..=patience * 5 / 4).contains(&after), "{at} {taken}: {after}");
            }
        }
    }

    #[test]
    fn what_is_not_there_is_waited_for_and_the_patience_begins_when_it_is() {
        for at in 1..200 {
            let progress = Progress::new(None);
            let (pieces, frames) = futures_channel::mpsc::unbounded();
            let watched = Mutex::new(progress.watch(Body::stream(StreamBody::new(frames))));
            assert!(next_of(&watched).is_none());
            let come = || {
                let frame = Ok::<_, BodyError>(Frame::data(Bytes::from("abc")));
                pieces.unbounded_send(frame).unwrap();
                assert!(next_of(&watched).unwrap().is_some());
            };
            let after = given_up_after(&progress, at, &come);
            let patience = PATIENCE.as_secs();
            assert!((patience..=patience * 5 / 4).contains(&after), "{at}: {after}");
        }
    }
}
