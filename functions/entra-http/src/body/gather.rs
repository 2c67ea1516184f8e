use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use headgate_core::{Body, BodyError};
use http_body::{Body as _, Frame, SizeHint};

/// What was read of a body.
pub(crate) enum Gathered {
    /// All of it.
    All(Bytes),
    /// It is longer: the same body, of which nothing is missing.
    Beginning(Body),
}

/// Reads a body, unless it is longer than `limit`.
pub(crate) async fn gather(mut body: Body, limit: usize) -> Result<Gathered, BodyError> {
    let mut gathered = Vec::new();
    while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        if let Ok(bytes) = frame?.into_data() {
            gathered.extend_from_slice(&bytes);
        }
        if gathered.len() > limit {
            let beginning = Some(Bytes::from(gathered));
            return Ok(Gathered::Beginning(Body::stream(Begun { beginning, body })));
        }
    }
    Ok(Gathered::All(Bytes::from(gathered)))
}

struct Begun {
    beginning: Option<Bytes>,
    body: Body,
}

impl http_body::Body for Begun {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let this = self.get_mut();
        match this.beginning.take() {
            Some(bytes) => Poll::Ready(Some(Ok(Frame::data(bytes)))),
            None => Pin::new(&mut this.body).poll_frame(context),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.beginning.is_none() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::default()
    }
}
