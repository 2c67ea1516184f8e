use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use headgate_core::{Body, BodyError, Clock};
use http_body::{Body as _, Frame, SizeHint};

use crate::World;
use crate::backends::ErrorReason;
use crate::breaker::{Breaker, Breakers};
use crate::judging::Outcome;

/// Counts a response's body that breaks off as a failure to reach its backend. A caller that leaves before the end is not
/// counted.
pub(super) fn watched<W: World>(
    breakers: &Arc<Breakers<W>>,
    breaker: &Arc<Breaker>,
    body: Body,
) -> Body {
    if breaker.backend.rules.is_empty() || body.is_end_stream() {
        return body;
    }
    let (breakers, breaker) = (Arc::clone(breakers), Arc::clone(breaker));
    Body::stream(WatchedBody { breakers, breaker, body, counting: None })
}

struct WatchedBody<W: World> {
    breakers: Arc<Breakers<W>>,
    breaker: Arc<Breaker>,
    body: Body,
    /// The body broke off, and that is being counted.
    counting: Option<Counting>,
}

struct Counting {
    work: Pin<Box<dyn Future<Output = ()> + Send>>,
    error: Option<BodyError>,
}

impl<W: World> WatchedBody<W> {
    fn count(&self, error: BodyError) -> Counting {
        let (breakers, breaker) = (Arc::clone(&self.breakers), Arc::clone(&self.breaker));
        let work = async move {
            let outcome = Outcome {
                id: None,
                at: breakers.ports.clock.now(),
                status: None,
                error_reason: Some(ErrorReason::backend_connection_failure()),
                retry_after: None,
            };
            breakers.count(&breaker, outcome).await;
        };
        Counting { work: Box::pin(work), error: Some(error) }
    }
}

impl<W: World> http_body::Body for WatchedBody<W> {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let this = self.get_mut();
        loop {
            if let Some(counting) = &mut this.counting {
                ready!(counting.work.as_mut().poll(context));
                let error = counting.error.take();
                if error.is_some() {
                    // The work is done, and must not be asked again.
                    counting.work = Box::pin(std::future::ready(()));
                }
                return Poll::Ready(error.map(Err));
            }
            match ready!(Pin::new(&mut this.body).poll_frame(context)) {
                Some(Err(error)) => this.counting = Some(this.count(error)),
                frame => return Poll::Ready(frame),
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.counting.is_none() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
