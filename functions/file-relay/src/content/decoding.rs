use std::error::Error;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use headgate_core::Body;
use http_body::{Frame, SizeHint};

use super::decode::{Decode, Head};
use super::pieces::Pieces;
use super::source::{PIECE, Source};
use super::{Content, ContentError};

/// A file that is taken out of a body while it is read. It ends only when the body is whole.
struct Decoding<D> {
    source: Source,
    decoder: D,
    ready: Pieces,
    is_over: bool,
}

/// Reads to where the file begins, and gives the rest as a stream; reads to the end where the body is `short`, at most [`PIECE`]
/// long, or is here as a whole: what is wrong with it is said at once, and its length is known.
pub(super) async fn decode<D: Decode + Unpin>(
    source: Source,
    decoder: D,
    short: bool,
) -> Result<Content, ContentError> {
    let mut decoding = Decoding { source, decoder, ready: Pieces::default(), is_over: false };
    let head = loop {
        if let Some(head) = decoding.decoder.head() {
            let head = head.clone();
            // Whoever says a length and sends more than that is not waited for.
            let is_short = |ready: &Pieces| short && ready.length() <= PIECE;
            while !decoding.is_over && (is_short(&decoding.ready) || decoding.source.is_over()) {
                decoding.advance().await?;
            }
            break head;
        }
        if decoding.is_over {
            // The decoder takes an end only where the file has begun.
            break Head::default();
        }
        if decoding.ready.length() > PIECE {
            return Err(ContentError::TypeLate);
        }
        decoding.advance().await?;
    };
    let length = decoding.is_over.then_some(decoding.ready.length() as u64);
    let Head { content_type, name } = head;
    Ok(Content { content_type, name, length, body: Body::stream(decoding) })
}

impl<D: Decode> Decoding<D> {
    /// Decodes the next piece, or the end.
    fn poll_advance(&mut self, context: &mut Context<'_>) -> Poll<Result<(), ContentError>> {
        let decoded = match ready!(self.source.poll_piece(context)) {
            Some(Ok(piece)) => self.decoder.push(piece, &mut self.ready),
            Some(Err(error)) => Err(error.into()),
            None => {
                self.is_over = true;
                self.decoder.finish(&mut self.ready)
            }
        };
        self.is_over |= decoded.is_err();
        Poll::Ready(decoded)
    }

    async fn advance(&mut self) -> Result<(), ContentError> {
        poll_fn(|context| self.poll_advance(context)).await
    }
}

impl<D: Decode + Unpin> http_body::Body for Decoding<D> {
    type Data = Bytes;
    type Error = Box<dyn Error + Send + Sync>;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let this = self.get_mut();
        loop {
            if let Some(bytes) = this.ready.next() {
                return Poll::Ready(Some(Ok(Frame::data(bytes))));
            }
            if this.is_over {
                return Poll::Ready(None);
            }
            if let Err(error) = ready!(this.poll_advance(context)) {
                this.ready = Pieces::default();
                return Poll::Ready(Some(Err(error.into())));
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.is_over && self.ready.length() == 0
    }

    fn size_hint(&self) -> SizeHint {
        let length = self.ready.length() as u64;
        if self.is_over {
            return SizeHint::with_exact(length);
        }
        let mut hint = SizeHint::new();
        hint.set_lower(length);
        hint
    }
}
