use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_channel::oneshot;
use futures_util::FutureExt;

use super::part_hasher::PartHasher;
use crate::digest::Hasher;
use crate::ports::Beside;

/// So much is worth another thread: it is hashed in some 100 µs, and a thread is woken in a tenth of that.
const BATCH: usize = 128 * 1024;

/// So much waits to be hashed at the most, beside what is being hashed.
const ROOM: usize = 1024 * 1024;

/// Hashes what flows by in its order: here, or where a processor is free for it beside what flows.
pub(super) struct Hashing {
    hashers: Option<Hashers>,
    /// Brings the hashers back, while another thread has them.
    away: Option<oneshot::Receiver<Hashers>>,
    waiting: Vec<Bytes>,
    waiting_length: usize,
    beside: Option<Beside>,
}

/// What every byte goes through.
pub(super) struct Hashers {
    /// Of all of the file.
    pub(super) whole: Hasher,
    /// Of the part.
    pub(super) part: PartHasher,
}

impl Hashers {
    fn update(&mut self, bytes: &[u8]) {
        self.whole.update(bytes);
        self.part.update(bytes);
    }
}

/// The thread that had the hashers ended without them: the process is ending.
#[derive(Debug)]
pub(super) struct Lost;

impl Hashing {
    pub(super) fn new(whole: Hasher, beside: Option<Beside>) -> Self {
        let hashers = Some(Hashers { whole, part: PartHasher::default() });
        Self { hashers, away: None, waiting: Vec::new(), waiting_length: 0, beside }
    }

    /// Sees to it that there is room for what comes next.
    pub(super) fn poll_room(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Lost>> {
        let is_full = self.waiting_length >= ROOM;
        match self.poll_home(context)? {
            Poll::Pending if is_full => return Poll::Pending,
            Poll::Pending => {}
            Poll::Ready(()) => self.send_away(),
        }
        Poll::Ready(Ok(()))
    }

    /// Takes the next bytes.
    pub(super) fn take(&mut self, bytes: &Bytes) {
        match &mut self.hashers {
            Some(hashers) if self.beside.is_none() => hashers.update(bytes),
            _ => {
                self.waiting.push(bytes.clone());
                self.waiting_length += bytes.len();
                self.send_away();
            }
        }
    }

    /// Gives the hashers once they have all that was taken.
    pub(super) fn poll_settled(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Result<&mut Hashers, Lost>> {
        ready!(self.poll_home(context))?;
        self.waiting_length = 0;
        let hashers = self.hashers.as_mut().ok_or(Lost)?;
        self.waiting.drain(..).for_each(|bytes| hashers.update(&bytes));
        Poll::Ready(Ok(hashers))
    }

    fn poll_home(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Lost>> {
        if let Some(away) = &mut self.away {
            let home = ready!(away.poll_unpin(context));
            self.away = None;
            self.hashers = home.ok();
        }
        Poll::Ready(if self.hashers.is_some() { Ok(()) } else { Err(Lost) })
    }

    /// Has what waits hashed beside, if it is enough and nothing is being hashed.
    fn send_away(&mut self) {
        let Some(beside) = self.beside.filter(|_| self.waiting_length >= BATCH) else { return };
        let Some(mut hashers) = self.hashers.take() else { return };
        self.waiting_length = 0;
        let batch = std::mem::take(&mut self.waiting);
        let (home, away) = oneshot::channel();
        self.away = Some(away);
        let begun = beside(Box::new(move || {
            batch.iter().for_each(|bytes| hashers.update(bytes));
            // The flow may be gone: then nobody wants to know.
            drop(home.send(hashers));
        }));
        if let Err(work) = begun {
            work();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::future::poll_fn;

    use futures_util::FutureExt;
    use headgate_fakes::now;
    use proptest::prelude::*;

    use super::*;
    use crate::ports::Computation as Work;

    thread_local! {
        static BEGUN: RefCell<Vec<Work>> = RefCell::default();
    }

    /// Begins it when the test says so.
    fn later(work: Work) -> Result<(), Work> {
        BEGUN.with_borrow_mut(|begun| begun.push(work));
        Ok(())
    }

    fn go_on() -> usize {
        let begun = BEGUN.take();
        let count = begun.len();
        begun.into_iter().for_each(|work| work());
        count
    }

    fn hashing() -> Hashing {
        Hashing::new(Hasher::new(&[]), Some(later))
    }

    fn has_room(hashing: &mut Hashing) -> bool {
        poll_fn(|context| hashing.poll_room(context)).now_or_never().is_some()
    }

    fn settled(hashing: &mut Hashing) -> Option<Result<Vec<u8>, Lost>> {
        let settling = poll_fn(|context| {
            hashing.poll_settled(context).map_ok(|hashers| hashers.whole.clone())
        });
        let hasher = settling.now_or_never()?;
        Some(hasher.map(|hasher| hasher.finish().remove(0).value))
    }

    fn sha256(bytes: &[u8]) -> Vec<u8> {
        let mut hasher = Hasher::new(&[]);
        hasher.update(bytes);
        hasher.finish().remove(0).value
    }

    #[test]
    fn what_is_short_is_hashed_here_once_it_is_asked_for() {
        let mut hashing = hashing();
        hashing.take(&Bytes::from_static(b"short"));
        assert_eq!(go_on(), 0);
        assert_eq!(settled(&mut hashing).unwrap().unwrap(), sha256(b"short"));
    }

    #[test]
    fn where_no_processor_is_free_it_is_hashed_here_and_nothing_waits() {
        let mut hashing = Hashing::new(Hasher::new(&[]), Some(Err));
        for _ in 0..=ROOM / BATCH {
            assert!(has_room(&mut hashing));
            hashing.take(&Bytes::from(vec![7; BATCH]));
        }
        let whole = vec![7; ROOM + BATCH];
        assert_eq!(settled(&mut hashing).unwrap().unwrap(), sha256(&whole));
    }

    #[test]
    fn while_a_batch_is_hashed_others_wait_until_there_is_no_room() {
        let (mut hashing, piece) = (hashing(), Bytes::from(vec![7; BATCH]));
        let mut taken = 0;
        while has_room(&mut hashing) {
            hashing.take(&piece);
            taken += 1;
        }
        assert_eq!(taken, 1 + ROOM / BATCH);
        assert!(settled(&mut hashing).is_none());
        assert_eq!(go_on(), 1);
        assert!(has_room(&mut hashing));
        assert_eq!(go_on(), 1);
        assert_eq!(settled(&mut hashing).unwrap().unwrap(), sha256(&vec![7; taken * BATCH]));
    }

    #[test]
    fn hashers_that_do_not_come_back_are_said_to_be_lost() {
        let mut hashing = hashing();
        hashing.take(&Bytes::from(vec![7; BATCH]));
        drop(BEGUN.take());
        assert!(settled(&mut hashing).unwrap().is_err());
        assert!(now(poll_fn(|context| hashing.poll_room(context))).is_err());
    }

    #[tokio::test]
    async fn whoever_waits_for_room_or_the_digest_is_woken_when_the_hashers_come_home() {
        fn on_a_thread(work: Work) -> Result<(), Work> {
            std::thread::spawn(work);
            Ok(())
        }
        let mut hashing = Hashing::new(Hasher::new(&[]), Some(on_a_thread));
        for _ in 0..100 {
            poll_fn(|context| hashing.poll_room(context)).await.unwrap();
            hashing.take(&Bytes::from(vec![7; ROOM]));
        }
        let hashers =
            poll_fn(|context| hashing.poll_settled(context).map_ok(|it| it.whole.clone()));
        assert_eq!(hashers.await.unwrap().length(), 100 * ROOM as u64);
    }

    proptest! {
        #[test]
        fn however_it_is_cut_and_whenever_it_is_hashed_the_order_is_kept(
            pieces in prop::collection::vec((1..BATCH * 2, any::<bool>()), 0..12),
        ) {
            let (mut hashing, mut whole) = (hashing(), Vec::new());
            for (index, (length, goes_on)) in pieces.into_iter().enumerate() {
                if goes_on || !has_room(&mut hashing) {
                    go_on();
                    prop_assert!(has_room(&mut hashing));
                }
                let piece = vec![index as u8; length];
                whole.extend_from_slice(&piece);
                hashing.take(&piece.into());
            }
            go_on();
            prop_assert_eq!(settled(&mut hashing).unwrap().unwrap(), sha256(&whole));
        }
    }
}
