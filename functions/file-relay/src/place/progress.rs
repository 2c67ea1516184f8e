//! How much of a content is on its way, and whether it still moves.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use headgate_core::{Body, BodyError, Timer};
use http_body::{Body as _, Frame, SizeHint};

/// How long a content that is there may not be taken.
const PATIENCE: Duration = Duration::from_secs(60);

/// What is known of a content that is being sent. A clone is the same.
#[derive(Clone, Debug)]
pub(crate) struct Progress(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// How long the content is, if that is known.
    length: Option<u64>,
    sent: AtomicU64,
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

/// Waits until nothing of a content was taken for a minute or two, although it was there; or until no answer came for as long
/// after its end.
pub(crate) async fn stalled(timer: &impl Timer, progress: &Progress) {
    let mut seen = None;
    loop {
        timer.sleep(PATIENCE).await;
        let sent = progress.sent();
        if seen == Some(sent) && !progress.0.awaited.load(Ordering::Relaxed) {
            return;
        }
        seen = Some(sent);
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
        inner.awaited.store(polled.is_pending(), Ordering::Relaxed);
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
    use futures_util::{FutureExt, stream};
    use headgate_fakes::now;
    use http_body_util::StreamBody;

    use super::*;

    /// A timer that never waits.
    struct AtOnce;

    impl Timer for AtOnce {
        async fn sleep(&self, _: Duration) {}
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
    fn only_what_is_there_and_not_taken_is_stalled() {
        let progress = Progress::new(None);
        assert!(stalled(&AtOnce, &progress).now_or_never().is_some());
        let frames = stream::pending::<Result<Frame<Bytes>, BodyError>>();
        let watched = progress.watch(Body::stream(StreamBody::new(frames)));
        assert!(watched.read(1).now_or_never().is_none());
        assert!(progress.0.awaited.load(Ordering::Relaxed));
    }
}
