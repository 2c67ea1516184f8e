use std::error::Error;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, LengthLimitError, Limited};

/// A request's or a response's content: nothing, bytes that are at hand, or a stream.
///
/// The first two cost no allocation beyond the bytes, so an adapter need not care which it has.
#[derive(Debug, Default)]
pub struct Body(Content);

#[derive(Debug, Default)]
enum Content {
    #[default]
    Empty,
    Full(Bytes),
    Stream(UnsyncBoxBody<Bytes, BodyError>),
}

/// Why a body could not be read to its end.
#[derive(Debug, thiserror::Error)]
pub enum BodyError {
    /// The body is longer than the reader allows; `limit` is in bytes.
    #[error("body is longer than {limit} bytes")]
    TooLong {
        /// The most that the reader takes, in bytes.
        limit: usize,
    },
    /// The peer or the transport broke off.
    #[error("body broke off")]
    BrokenOff(#[source] Box<dyn Error + Send + Sync>),
}

impl Body {
    /// Makes a body without content.
    #[must_use]
    pub fn empty() -> Self {
        Self::default()
    }

    /// Makes a body that streams from `body`.
    pub fn stream<B>(body: B) -> Self
    where
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        if body.is_end_stream() {
            return Self::empty();
        }
        Self(Content::Stream(
            body.map_err(|error| BodyError::BrokenOff(error.into())).boxed_unsync(),
        ))
    }

    /// Reads the whole body, at most `limit` bytes of it.
    ///
    /// # Errors
    ///
    /// [`BodyError::TooLong`] as soon as the limit is passed, before the rest is read; [`BodyError::BrokenOff`] when
    /// the peer stops early.
    pub async fn read(self, limit: usize) -> Result<Bytes, BodyError> {
        match self.0 {
            Content::Empty => Ok(Bytes::new()),
            Content::Full(bytes) if bytes.len() > limit => Err(BodyError::TooLong { limit }),
            Content::Full(bytes) => Ok(bytes),
            Content::Stream(stream) => match Limited::new(stream, limit).collect().await {
                Ok(collected) => Ok(collected.to_bytes()),
                Err(error) if error.is::<LengthLimitError>() => Err(BodyError::TooLong { limit }),
                Err(error) => Err(match error.downcast::<BodyError>() {
                    Ok(error) => *error,
                    Err(error) => BodyError::BrokenOff(error),
                }),
            },
        }
    }
}

impl<T: Into<Bytes>> From<T> for Body {
    fn from(bytes: T) -> Self {
        Self(Content::Full(bytes.into()))
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let content = &mut self.get_mut().0;
        match content {
            Content::Empty => Poll::Ready(None),
            Content::Full(bytes) => {
                let bytes = std::mem::take(bytes);
                *content = Content::Empty;
                Poll::Ready((!bytes.is_empty()).then(|| Ok(Frame::data(bytes))))
            }
            Content::Stream(stream) => Pin::new(stream).poll_frame(context),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Content::Empty => true,
            Content::Full(bytes) => bytes.is_empty(),
            Content::Stream(stream) => stream.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Content::Empty => SizeHint::with_exact(0),
            Content::Full(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Content::Stream(stream) => stream.size_hint(),
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;
    use http_body_util::Full;

    use super::*;

    fn read(body: Body, limit: usize) -> Result<Bytes, BodyError> {
        body.read(limit).now_or_never().expect("a body at hand is read at once")
    }

    #[test]
    fn a_body_of_exactly_the_limit_is_read() {
        assert_eq!(read(Body::from("abcd"), 4).unwrap(), "abcd");
        assert_eq!(read(Body::stream(Full::<Bytes>::from("abcd")), 4).unwrap(), "abcd");
    }

    #[test]
    fn a_body_over_the_limit_is_refused_whether_at_hand_or_streamed() {
        for body in [Body::from("abcde"), Body::stream(Full::<Bytes>::from("abcde"))] {
            assert!(matches!(read(body, 4), Err(BodyError::TooLong { limit: 4 })));
        }
    }

    #[test]
    fn an_empty_body_has_the_exact_size_zero() {
        use http_body::Body as _;
        assert_eq!(Body::empty().size_hint().exact(), Some(0));
        assert!(Body::from("").is_end_stream());
    }
}
