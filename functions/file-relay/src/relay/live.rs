use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_lock::{Semaphore, SemaphoreGuardArc};
use event_listener::{Event, EventListener};

/// How far a relay is that this instance works on.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    bytes: AtomicU64,
    pause: Event,
}

impl Progress {
    pub(crate) fn set(&self, bytes: u64) {
        self.bytes.store(bytes, Ordering::Relaxed);
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }
}

/// The relays that this instance works on, and those that wait for it.
#[derive(Debug)]
pub(crate) struct Live {
    most: usize,
    state: Mutex<State>,
    carrying: Arc<Semaphore>,
    gathering: Arc<Semaphore>,
}

/// Leave to carry a file, or to gather a part, until it is dropped.
pub(crate) type Permit = SemaphoreGuardArc;

/// How many parts are held in memory at once, whose length has to be known before they are sent and is not.
const GATHERED: usize = 2;

#[derive(Debug, Default)]
struct State {
    turns: usize,
    waiting: VecDeque<String>,
    running: HashMap<String, Arc<Progress>>,
}

/// How many wait in memory; a tick finds the others.
const LONGEST_QUEUE: usize = 1_024;

impl Live {
    pub(crate) fn new(most: usize) -> Self {
        Self {
            most,
            state: Mutex::default(),
            carrying: Arc::new(Semaphore::new(most)),
            gathering: Arc::new(Semaphore::new(GATHERED)),
        }
    }

    /// Waits until this instance may carry one file more, whoever asked for it.
    pub(crate) async fn may_carry(&self) -> Permit {
        self.carrying.acquire_arc().await
    }

    /// Waits until this instance may hold one part more in memory.
    pub(crate) async fn may_gather(&self) -> Permit {
        self.gathering.acquire_arc().await
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a turn among those who work; where there is none, the relay waits for one of them.
    pub(crate) fn enter(self: &Arc<Self>, id: &str) -> Option<Turn> {
        let mut state = self.state();
        if state.turns < self.most {
            state.turns += 1;
            return Some(Turn { live: Arc::clone(self), is_over: false });
        }
        let is_known = state.waiting.iter().any(|waiting| waiting == id);
        if !is_known && state.waiting.len() < LONGEST_QUEUE {
            state.waiting.push_back(id.to_owned());
        }
        None
    }

    /// Begins to work on a relay; `None` when this instance does so already.
    pub(crate) fn begin(self: &Arc<Self>, id: &str) -> Option<Working> {
        let progress = Arc::new(Progress::default());
        let mut state = self.state();
        if state.running.contains_key(id) {
            return None;
        }
        state.running.insert(id.to_owned(), Arc::clone(&progress));
        Some(Working { live: Arc::clone(self), id: id.to_owned(), progress })
    }

    /// How many bytes of a relay have come, if this instance works on it.
    pub(crate) fn bytes(&self, id: &str) -> Option<u64> {
        self.state().running.get(id).map(|progress| progress.bytes())
    }

    /// Is ready once this instance works on a relay no more, if it does now.
    pub(crate) fn pause(&self, id: &str) -> Option<EventListener> {
        self.state().running.get(id).map(|progress| progress.pause.listen())
    }
}

/// A turn to work on one relay after the other, until it is dropped.
#[derive(Debug)]
pub(crate) struct Turn {
    live: Arc<Live>,
    is_over: bool,
}

impl Turn {
    /// What is to be done next; with none the turn is over.
    pub(crate) fn next(&mut self) -> Option<String> {
        let mut state = self.live.state();
        let next = state.waiting.pop_front();
        if next.is_none() && !self.is_over {
            state.turns = state.turns.saturating_sub(1);
            self.is_over = true;
        }
        next
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if !self.is_over {
            let mut state = self.live.state();
            state.turns = state.turns.saturating_sub(1);
        }
    }
}

/// A relay that this instance works on, until it is dropped.
#[derive(Debug)]
pub(crate) struct Working {
    live: Arc<Live>,
    id: String,
    pub(crate) progress: Arc<Progress>,
}

impl Drop for Working {
    fn drop(&mut self) {
        self.live.state().running.remove(&self.id);
        self.progress.pause.notify(usize::MAX);
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[test]
    fn what_finds_no_turn_is_done_by_whoever_comes_free() {
        let live = Arc::new(Live::new(1));
        let mut turn = live.enter("a").unwrap();
        assert!(live.enter("b").is_none() && live.enter("b").is_none());
        assert_eq!(turn.next().as_deref(), Some("b"));
        assert_eq!(turn.next(), None);
        let other = live.enter("c").unwrap();
        drop(turn);
        assert!(live.enter("d").is_none());
        drop(other);
        assert!(live.enter("e").is_some(), "whoever breaks off gives the turn back");
    }

    #[test]
    fn an_instance_works_on_a_relay_once_and_says_how_far_it_is() {
        let live = Arc::new(Live::new(1));
        let working = live.begin("a").unwrap();
        assert!(live.begin("a").is_none());
        working.progress.set(7);
        assert_eq!((live.bytes("a"), live.bytes("b")), (Some(7), None));
        let mut pause = live.pause("a").unwrap();
        assert!((&mut pause).now_or_never().is_none());
        drop(working);
        assert!(pause.now_or_never().is_some());
        assert!(live.bytes("a").is_none() && live.pause("a").is_none());
    }

    #[test]
    fn an_instance_carries_and_gathers_no_more_at_once_than_it_may() {
        let live = Live::new(1);
        let permit = live.may_carry().now_or_never().unwrap();
        assert!(live.may_carry().now_or_never().is_none());
        drop(permit);
        assert!(live.may_carry().now_or_never().is_some());
        let gathered: Vec<_> = (0..GATHERED).map(|_| live.may_gather().now_or_never()).collect();
        assert!(gathered.iter().all(Option::is_some));
        assert!(live.may_gather().now_or_never().is_none());
    }
}
