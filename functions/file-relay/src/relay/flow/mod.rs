//! The content of a file on its way from where it is read to where it goes.

mod broke;
mod content;
mod state;

use std::fmt;
use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Poll, ready};

use bytes::{Bytes, BytesMut};
use headgate_core::Body;

use self::content::Content;
use self::state::{State, lock};
use super::hashing::{Hashers, Hashing};
use super::live::Progress;
use super::part_hasher::PartHasher;
use crate::digest::{Algorithm, Digest, Hasher};
use crate::ports::Beside;

pub(crate) use broke::Broke;

/// A source that is being read: the contents of parts are cut out of it, one after the other, and hashed on their way.
///
/// It holds no more than one frame of the source, what it was asked to gather, and what waits to be hashed. One reads at a time:
/// a part that a connection still holds gives nothing more once something else is asked of the flow.
pub(crate) struct Flow(Arc<Mutex<State>>);

impl Flow {
    /// Reads `source`, whose first byte is the one at `position` of the file; `hasher` has all before it, and goes on
    /// `beside` if that is to be had.
    pub(crate) fn new(
        source: Body,
        hasher: Hasher,
        position: u64,
        progress: Arc<Progress>,
        beside: Option<Beside>,
    ) -> Self {
        progress.set(position);
        Self(Arc::new(Mutex::new(State {
            source,
            gathered: Bytes::new(),
            rest: Bytes::new(),
            has_ended: false,
            broke: None,
            hashing: Hashing::new(hasher, beside),
            position,
            progress,
            turn: 0,
            reader: None,
        })))
    }

    /// Takes the source from the part that was given out before.
    fn take_over(&self) -> u64 {
        let mut state = self.state();
        state.turn += 1;
        let (turn, reader) = (state.turn, state.reader.take());
        drop(state);
        if let Some(reader) = reader {
            reader.wake();
        }
        turn
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.0)
    }

    /// Gives the next `length` bytes as a body, or all that is left. What is left unread of it is lost.
    pub(crate) async fn part(
        &self,
        length: Option<u64>,
        algorithms: &[Algorithm],
    ) -> Result<Body, Broke> {
        self.content(length, false, algorithms).await
    }

    /// Gives the next `most` bytes as a body, or all that is left if that is less.
    pub(crate) async fn part_up_to(
        &self,
        most: u64,
        algorithms: &[Algorithm],
    ) -> Result<Body, Broke> {
        self.content(Some(most), true, algorithms).await
    }

    async fn content(
        &self,
        left: Option<u64>,
        may_end: bool,
        algorithms: &[Algorithm],
    ) -> Result<Body, Broke> {
        let turn = self.take_over();
        self.settled(|hashers| hashers.part = PartHasher::new(algorithms)).await?;
        Ok(Body::stream(Content { flow: Arc::clone(&self.0), turn, left, may_end }))
    }

    /// The digests of the part that was given out last.
    pub(crate) async fn part_digests(&self) -> Result<Vec<Digest>, Broke> {
        self.settled(|hashers| std::mem::take(&mut hashers.part).finish()).await
    }

    pub(crate) fn position(&self) -> u64 {
        self.state().position
    }

    /// Why the source gives no more, if that is so.
    pub(crate) fn broke(&self) -> Option<Broke> {
        self.state().broke.clone()
    }

    /// Whether the source was read to its end.
    pub(crate) fn has_ended(&self) -> bool {
        let state = self.state();
        state.has_ended && state.rest.is_empty() && state.gathered.is_empty()
    }

    /// The hasher of all that was given out.
    pub(crate) async fn hasher(&self) -> Result<Hasher, Broke> {
        self.settled(|hashers| hashers.whole.clone()).await
    }

    /// Does something with the hashers once they have all that was given out.
    async fn settled<T>(&self, act: impl Fn(&mut Hashers) -> T) -> Result<T, Broke> {
        poll_fn(|context| Poll::Ready(Ok(act(ready!(self.state().hashing.poll_settled(context))?))))
            .await
    }

    /// Whether the source has no more than what was gathered, which is looked for.
    pub(crate) async fn is_at_end(&self) -> Result<bool, Broke> {
        self.take_over();
        poll_fn(|context| self.state().fill_rest(context)).await.map(|more| !more)
    }

    /// Reads `length` bytes and sends them nowhere; hashes them if that is wanted.
    pub(crate) async fn pass_over(&self, length: u64, is_hashed: bool) -> Result<(), Broke> {
        self.take_over();
        let mut left = length;
        while left > 0 {
            poll_fn(|context| {
                let mut state = self.state();
                let more = ready!(state.poll_more(context))?;
                if !more {
                    state.broke = Some(Broke::EndedEarly);
                    return Poll::Ready(Err(Broke::EndedEarly));
                }
                let bytes = state.cut(Some(left));
                left -= bytes.len() as u64;
                if is_hashed {
                    state.give_out(&bytes);
                }
                Poll::Ready(Ok(()))
            })
            .await?;
        }
        Ok(())
    }

    /// Reads and hashes all that is left, and sends it nowhere.
    pub(crate) async fn pass_to_end(&self) -> Result<(), Broke> {
        loop {
            self.is_at_end().await?;
            let length = {
                let state = self.state();
                state.gathered.len() + state.rest.len()
            };
            if length == 0 {
                return Ok(());
            }
            self.pass_over(length as u64, true).await?;
        }
    }

    /// Reads up to `most` bytes, fewer only at the end, and keeps them for the next part; gives how many they are.
    pub(crate) async fn gather(&self, most: u64) -> Result<u64, Broke> {
        self.take_over();
        let mut gathered = BytesMut::new();
        loop {
            let left = most.saturating_sub(gathered.len() as u64);
            let bytes = match left {
                0 => Bytes::new(),
                left => {
                    poll_fn(|context| {
                        let mut state = self.state();
                        Poll::Ready(ready!(state.fill(context)).map(|_| state.cut(Some(left))))
                    })
                    .await?
                }
            };
            if bytes.is_empty() {
                let length = gathered.len() as u64;
                self.state().gathered = gathered.freeze();
                return Ok(length);
            }
            gathered.extend_from_slice(&bytes);
        }
    }
}

impl Drop for Flow {
    /// A connection may still hold a part: it gets nothing more.
    fn drop(&mut self) {
        self.take_over();
        let mut state = self.state();
        state.broke.get_or_insert(Broke::GivenUp);
        state.source = Body::empty();
        (state.gathered, state.rest) = (Bytes::new(), Bytes::new());
    }
}

impl fmt::Debug for Flow {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Flow").field("position", &self.position()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
