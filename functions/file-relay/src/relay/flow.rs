use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker, ready};

use bytes::{Bytes, BytesMut};
use headgate_core::{Body, BodyError};
use http_body::{Frame, SizeHint};

use super::hashing::{Hashers, Hashing, Lost};
use super::live::Progress;
use super::part_hasher::PartHasher;
use crate::digest::{Algorithm, Digest, Hasher};
use crate::ports::Beside;

/// A source that is being read: the contents of parts are cut out of it, one after the other, and hashed on their way.
///
/// It holds no more than one frame of the source, what it was asked to gather, and what waits to be hashed. One reads at a time:
/// a part that a connection still holds gives nothing more once something else is asked of the flow.
pub(crate) struct Flow(Arc<Mutex<State>>);

struct State {
    source: Body,
    /// What was gathered and is not given out; it comes before `rest`.
    gathered: Bytes,
    /// What was read and is not given out.
    rest: Bytes,
    has_ended: bool,
    broke: Option<Broke>,
    hashing: Hashing,
    /// How many bytes of the file were given out.
    position: u64,
    progress: Arc<Progress>,
    /// Tells the part that may read from those before it.
    turn: u64,
    /// Whoever waits for more of that part.
    reader: Option<Waker>,
}

/// Why nothing more comes out of a flow.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Broke {
    /// The source failed.
    #[error("the source broke off: {0}")]
    Source(String),
    /// The source ended before the length that it has.
    #[error("the source ended early")]
    EndedEarly,
    /// Nobody reads this flow any more.
    #[error("the content is given up")]
    GivenUp,
}

impl From<Lost> for Broke {
    fn from(_: Lost) -> Self {
        Self::GivenUp
    }
}

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

impl State {
    fn poll_room(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Broke>> {
        let room = ready!(self.hashing.poll_room(context));
        Poll::Ready(room.map_err(|lost| self.broke.get_or_insert(lost.into()).clone()))
    }

    /// Sees to it that there is something to give out, and room to hash it; false at the end.
    fn poll_more(&mut self, context: &mut Context<'_>) -> Poll<Result<bool, Broke>> {
        ready!(self.poll_room(context))?;
        self.fill(context)
    }

    /// Sees to it that there is something to give out; false at the end.
    fn fill(&mut self, context: &mut Context<'_>) -> Poll<Result<bool, Broke>> {
        match &self.broke {
            None if !self.gathered.is_empty() => Poll::Ready(Ok(true)),
            _ => self.fill_rest(context),
        }
    }

    /// Sees to it that there is something behind what was gathered; false at the end.
    fn fill_rest(&mut self, context: &mut Context<'_>) -> Poll<Result<bool, Broke>> {
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

    fn cut(&mut self, most: Option<u64>) -> Bytes {
        let most = most.map_or(usize::MAX, |most| usize::try_from(most).unwrap_or(usize::MAX));
        let from = if self.gathered.is_empty() { &mut self.rest } else { &mut self.gathered };
        from.split_to(most.min(from.len()))
    }

    fn give_out(&mut self, bytes: &Bytes) {
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

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The content of a part.
struct Content {
    flow: Arc<Mutex<State>>,
    turn: u64,
    left: Option<u64>,
    /// Whether the source may end before.
    may_end: bool,
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

#[cfg(test)]
mod tests {
    use futures_util::stream;
    use headgate_fakes::now;
    use http_body_util::{BodyExt, StreamBody};
    use proptest::prelude::*;

    use super::*;

    fn body(frames: Vec<Vec<u8>>) -> Body {
        let frames = frames.into_iter().map(|frame| Ok::<_, Broke>(Frame::data(frame.into())));
        Body::stream(StreamBody::new(stream::iter(frames)))
    }

    fn flow(source: Body) -> Flow {
        Flow::new(source, Hasher::new(&[]), 0, Arc::default(), None)
    }

    fn sha256(bytes: &[u8]) -> Vec<Digest> {
        let mut hasher = Hasher::new(&[]);
        hasher.update(bytes);
        hasher.finish()
    }

    proptest! {
        #[test]
        fn however_the_source_is_cut_the_parts_are_the_same(
            frames in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..50), 0..20),
            size in 1_usize..60,
        ) {
            let whole = frames.concat();
            let flow = flow(body(frames));
            for part in whole.chunks(size) {
                let content = now(flow.part(Some(part.len() as u64), &[Algorithm::Sha256])).unwrap();
                prop_assert_eq!(&now(content.read(1_000)).unwrap()[..], part);
                prop_assert_eq!(now(flow.part_digests()), Ok(sha256(part)));
            }
            prop_assert!(now(flow.is_at_end()).unwrap());
            prop_assert_eq!(flow.position(), whole.len() as u64);
            prop_assert_eq!(now(flow.hasher()).unwrap().finish(), sha256(&whole));
        }

        #[test]
        fn parts_up_to_a_length_have_it_until_the_source_ends(
            frames in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..50), 0..20),
            size in 1_usize..60,
        ) {
            let whole = frames.concat();
            let flow = flow(body(frames));
            for part in whole.chunks(size) {
                prop_assert!(!now(flow.is_at_end()).unwrap());
                let content = now(flow.part_up_to(size as u64, &[])).unwrap();
                prop_assert_eq!(http_body::Body::size_hint(&content).exact(), None);
                prop_assert_eq!(&now(content.read(1_000)).unwrap()[..], part);
            }
            prop_assert!(now(flow.is_at_end()).unwrap());
            prop_assert_eq!(flow.broke(), None);
        }

        #[test]
        fn gathering_and_passing_over_cut_the_same(
            frames in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..50), 0..20),
            over in 0_usize..100,
            size in 1_usize..60,
        ) {
            let whole = frames.concat();
            let flow = flow(body(frames));
            let passed = now(flow.pass_over(over as u64, true));
            prop_assert_eq!(passed.is_ok(), over <= whole.len());
            if passed.is_ok() {
                prop_assert_eq!(now(flow.hasher()).unwrap().finish(), sha256(&whole[..over]));
                let gathered = now(flow.gather(size as u64)).unwrap();
                let end = (over + size).min(whole.len());
                prop_assert_eq!(now(flow.is_at_end()).unwrap(), end == whole.len());
                let content = now(now(flow.part(Some(gathered), &[])).unwrap().read(1_000)).unwrap();
                prop_assert_eq!(&content[..], &whole[over..end]);
                prop_assert_eq!(flow.position(), end as u64);
                let rest = now(now(flow.part(None, &[])).unwrap().read(1_000)).unwrap();
                prop_assert_eq!(&rest[..], &whole[end..]);
                prop_assert!(flow.has_ended());
            }
        }
    }

    #[test]
    fn a_part_that_the_source_cannot_fill_fails_and_says_which_side_it_was() {
        let flow = flow(body(vec![vec![1; 10]]));
        let content = now(flow.part(Some(11), &[])).unwrap();
        assert!(now(content.read(100)).is_err());
        assert_eq!(flow.broke(), Some(Broke::EndedEarly));
        assert!(!flow.has_ended() || flow.position() == 10);
    }

    #[test]
    fn a_part_that_a_connection_still_holds_gives_nothing_once_the_rest_is_passed_over() {
        let flow = flow(body(vec![vec![1; 10]; 3]));
        let mut held = now(flow.part(Some(30), &[])).unwrap();
        assert!(now(held.frame()).unwrap().is_ok());
        now(flow.pass_to_end()).unwrap();
        assert!(now(held.frame()).unwrap().is_err());
        assert_eq!((flow.position(), flow.broke()), (30, None));
        assert_eq!(now(flow.hasher()).unwrap().finish(), sha256(&[1; 30]));
    }

    #[tokio::test]
    async fn whoever_waits_for_a_part_is_woken_when_it_is_taken_away() {
        let silent = StreamBody::new(stream::pending::<Result<Frame<Bytes>, Broke>>());
        let flow = flow(Body::stream(silent));
        let content = flow.part(Some(1), &[]).await.unwrap();
        let waiting = tokio::spawn(content.read(100));
        tokio::task::yield_now().await;
        drop(flow);
        assert!(waiting.await.unwrap().is_err());
    }

    #[test]
    fn what_a_connection_still_holds_gives_nothing_once_the_flow_is_dropped() {
        let flow = flow(body(vec![vec![1; 10]]));
        let content = now(flow.part(Some(10), &[])).unwrap();
        drop(flow);
        assert!(now(content.read(100)).is_err());
    }
}
