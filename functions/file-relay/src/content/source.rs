use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use headgate_core::{Body, BodyError};
use http_body::{Body as _, Frame, SizeHint};

/// The longest piece that is decoded at once, in bytes.
pub(super) const PIECE: usize = 64 * 1024;

/// A body, of which some was looked at before.
#[derive(Debug)]
pub(super) struct Source {
    ahead: VecDeque<Bytes>,
    body: Body,
}

impl Source {
    pub(super) const fn new(body: Body) -> Self {
        Self { ahead: VecDeque::new(), body }
    }

    /// Takes pieces back that were looked at, in the order in which they came.
    pub(super) fn take_back(&mut self, seen: Vec<Bytes>) {
        for piece in seen.into_iter().rev() {
            self.ahead.push_front(piece);
        }
    }

    /// The next piece: not empty, and at most [`PIECE`] long.
    pub(super) fn poll_piece(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, BodyError>>> {
        loop {
            if let Some(next) = self.ahead.front_mut() {
                if next.len() > PIECE {
                    return Poll::Ready(Some(Ok(next.split_to(PIECE))));
                }
                match self.ahead.pop_front() {
                    Some(piece) if !piece.is_empty() => return Poll::Ready(Some(Ok(piece))),
                    _ => continue,
                }
            }
            match ready!(Pin::new(&mut self.body).poll_frame(context)) {
                // Trailers are no content.
                Some(Ok(frame)) => self.ahead.extend(frame.into_data().ok()),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            }
        }
    }

    /// Whether nothing is left, as far as can be said without waiting.
    pub(super) fn is_over(&self) -> bool {
        self.ahead.is_empty() && self.body.is_end_stream()
    }
}

impl http_body::Body for Source {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        self.get_mut().poll_piece(context).map_ok(Frame::data)
    }

    fn is_end_stream(&self) -> bool {
        self.is_over()
    }

    fn size_hint(&self) -> SizeHint {
        let ahead = self.ahead.iter().map(Bytes::len).sum::<usize>() as u64;
        let rest = self.body.size_hint();
        let mut hint = SizeHint::new();
        hint.set_lower(rest.lower().saturating_add(ahead));
        if let Some(upper) = rest.upper().and_then(|upper| upper.checked_add(ahead)) {
            hint.set_upper(upper);
        }
        hint
    }
}
