use std::error::Error;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use tokio::time::Sleep;

/// A body whose sender may be silent for so long and no longer.
#[derive(Debug)]
pub(crate) struct PatientBody<B> {
    body: B,
    patience: Duration,
    /// Made when the sender first keeps us waiting: most bodies are there at once.
    silence: Option<Pin<Box<Sleep>>>,
}

/// The sender was silent for too long.
#[derive(Debug, thiserror::Error)]
#[error("sender was silent for {} ms", .0.as_millis())]
pub(crate) struct Silence(Duration);

impl<B> PatientBody<B> {
    /// Makes a body that fails once `patience` has passed without a byte.
    pub(crate) const fn new(body: B, patience: Duration) -> Self {
        Self { body, patience, silence: None }
    }
}

impl<B> http_body::Body for PatientBody<B>
where
    B: http_body::Body<Data = Bytes> + Unpin,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    type Data = Bytes;
    type Error = Box<dyn Error + Send + Sync>;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let this = self.get_mut();
        if let Poll::Ready(frame) = Pin::new(&mut this.body).poll_frame(context) {
            this.silence = None;
            return Poll::Ready(frame.map(|frame| frame.map_err(Into::into)));
        }
        let patience = this.patience;
        let silence = this.silence.get_or_insert_with(|| Box::pin(tokio::time::sleep(patience)));
        ready!(silence.as_mut().poll(context));
        Poll::Ready(Some(Err(Silence(patience).into())))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
