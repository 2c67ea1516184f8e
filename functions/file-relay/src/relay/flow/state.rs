use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker, ready};

use bytes::Bytes;
use headgate_core::{Body, BodyError};

use super::Broke;
use crate::relay::hashing::Hashing;
use crate::relay::live::Progress;

/// What is left of the source, and how far it was given out.
pub(super) struct State {
    pub(super) source: Body,
    /// What was gathered and is not given out; it comes before `rest`.
    pub(super) gathered: Bytes,
    /// What was read and is not given out.
    pub(super) rest: Bytes,
    pub(super) has_ended: bool,
    pub(super) broke: Option<Broke>,
    pub(super) hashing: Hashing,
    /// How many bytes of the file were given out.
    pub(super) position: u64,
    pub(super) progress: Arc<Progress>,
    /// Tells the part that may read from those before it.
    pub(super) turn: u64,
    /// Whoever waits for more of that part.
    pub(super) reader: Option<Waker>,
}

impl State {
    fn poll_room(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Broke>> {
        let room = ready!(self.hashing.poll_room(context));
        Poll::Ready(room.map_err(|lost| self.broke.get_or_insert(lost.into()).clone()))
    }

    /// Sees to it that there is something to give out, and room to hash it; false at the end.
    pub(super) fn poll_more(&mut self, context: &mut Context<'_>) -> Poll<Result<bool, Broke>> {
        ready!(self.poll_room(context))?;
        self.fill(context)
    }

    /// Sees to it that there is something to give out; false at the end.
    pub(super) fn fill(&mut self, context: &mut Context<'_>) -> Poll<Result<bool, Broke>> {
        match &self.broke {
            None if !self.gathered.is_empty() => Poll::Ready(Ok(true)),
            _ => self.fill_rest(context),
        }
    }

    /// Sees to it that there is something behind what was gathered; false at the end.
    pub(super) fn fill_rest(&mut self, context: &mut Context<'_>) -> Poll<Result<bool, Broke>> {
        loop {
            if let Some(broke) = &self.broke {
                return Poll::Ready(Err(broke.clone()));
            }
            if !self.rest.is_empty() {
                return Poll::Ready(Ok(true));
            }
            if self.has_ended {
                return Poll::Ready(Ok(false));
            }
            match ready!(http_body::Body::poll_frame(Pin::new(&mut self.source), context)) {
                None => self.has_ended = true,
                Some(Ok(frame)) => {
                    if let Ok(bytes) = frame.into_data() {
                        self.rest = bytes;
                    }
                }
                Some(Err(error)) => {
                    self.source = Body::empty();
                    self.broke = Some(Broke::Source(said(&error)));
                }
            }
        }
    }

    pub(super) fn cut(&mut self, most: Option<u64>) -> Bytes {
        let most = most.map_or(usize::MAX, |most| usize::try_from(most).unwrap_or(usize::MAX));
        let from = if self.gathered.is_empty() { &mut self.rest } else { &mut self.gathered };
        from.split_to(most.min(from.len()))
    }

    pub(super) fn give_out(&mut self, bytes: &Bytes) {
        self.hashing.take(bytes);
        self.position = self.position.saturating_add(bytes.len() as u64);
        self.progress.set(self.position);
    }
}

fn said(error: &BodyError) -> String {
    match error {
        BodyError::BrokenOff(source) => source.to_string(),
        other @ BodyError::TooLong { .. } => other.to_string(),
    }
}

pub(super) fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
