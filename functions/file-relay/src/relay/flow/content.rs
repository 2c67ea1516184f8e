use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Frame, SizeHint};

use super::Broke;
use super::state::{State, lock};

/// The content of a part.
pub(super) struct Content {
    pub(super) flow: Arc<Mutex<State>>,
    pub(super) turn: u64,
    pub(super) left: Option<u64>,
    /// Whether the source may end before.
    pub(super) may_end: bool,
}

impl http_body::Body for Content {
    type Data = Bytes;
    type Error = Broke;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Broke>>> {
        let this = self.get_mut();
        if this.left == Some(0) {
            return Poll::Ready(None);
        }
        let mut state = lock(&this.flow);
        if state.turn != this.turn {
            return Poll::Ready(Some(Err(Broke::GivenUp)));
        }
        let Poll::Ready(has_more) = state.poll_more(context) else {
            state.reader = Some(context.waker().clone());
            return Poll::Pending;
        };
        let has_more = has_more?;
        if !has_more {
            if this.left.is_none() || this.may_end {
                return Poll::Ready(None);
            }
            state.broke = Some(Broke::EndedEarly);
            return Poll::Ready(Some(Err(Broke::EndedEarly)));
        }
        let bytes = state.cut(this.left);
        state.give_out(&bytes);
        if let Some(left) = &mut this.left {
            *left -= bytes.len() as u64;
        }
        Poll::Ready(Some(Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.left == Some(0)
    }

    fn size_hint(&self) -> SizeHint {
        match self.left {
            Some(left) if !self.may_end => SizeHint::with_exact(left),
            _ => SizeHint::default(),
        }
    }
}
