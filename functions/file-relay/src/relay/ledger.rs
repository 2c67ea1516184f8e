use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::future::{BoxFuture, Either, select};
use futures_util::lock::Mutex;
use headgate_core::{Timer, Timestamp, ids};

use super::record::{Lease, Relay, State};
use super::relays::{Held, RecordError, Relays};
use crate::ports::World;

/// How long others leave a relay alone once whoever works on it has been heard of.
pub(crate) const LEASE: Duration = Duration::from_secs(30);

/// How often whoever works on a relay looks whether it is still to do so.
const BEAT: Duration = Duration::from_secs(3);

/// How often the store may fail in a row.
const FAILURES: u32 = 6;

/// A relay that this instance has the lease of.
pub(crate) struct Ledger<W: World> {
    relays: Arc<Relays<W>>,
    id: String,
    owner: String,
    held: Mutex<Held>,
    /// When the lease ends that was stored last, in milliseconds.
    until: AtomicU64,
}

/// Why somebody stops in the middle of a relay.
#[derive(Debug)]
pub(crate) enum Stop {
    /// Somebody else has the lease.
    Lost,
    /// Somebody wants it stopped.
    Cancelled,
    /// The store does not answer: the lease runs out, and somebody goes on.
    Store(RecordError),
}

impl<W: World> Relays<W> {
    /// Takes the lease of a relay that is due; none when it is not.
    pub(crate) async fn claim(
        self: &Arc<Self>,
        id: &str,
    ) -> Result<Option<Ledger<W>>, RecordError> {
        let take = |relay: &mut Relay, now| {
            let is_due = relay.is_due(now);
            if is_due && relay.lease.is_some() {
                relay.count_loss();
            }
            relay.next = None;
            is_due
        };
        self.claim_if(id, take).await
    }

    /// Takes the lease of a relay that `take` says may be had; none when it may not.
    pub(crate) async fn claim_if(
        self: &Arc<Self>,
        id: &str,
        take: impl Fn(&mut Relay, Timestamp) -> bool + Send + Sync,
    ) -> Result<Option<Ledger<W>>, RecordError> {
        let owner = ids::random(&self.ports.random);
        let Some(held) = self.read(id).await? else { return Ok(None) };
        let held = self
            .change(held, |mut relay| {
                let now = self.now();
                if !take(&mut relay, now) {
                    return None;
                }
                lease(&mut relay, &owner, now);
                Some(relay)
            })
            .await?;
        let is_ours = is_leased(held.state(), &owner);
        Ok(is_ours.then(|| self.ledger(held, owner)))
    }

    /// The ledger of a relay whose lease this owner has.
    pub(crate) fn ledger(self: &Arc<Self>, held: Held, owner: String) -> Ledger<W> {
        let id = held.id.clone();
        let until = AtomicU64::new(end_of(held.state()));
        Ledger { relays: Arc::clone(self), id, owner, held: Mutex::new(held), until }
    }
}

/// Gives the lease of a relay to this owner, who works on it from this moment.
pub(crate) fn lease(relay: &mut Relay, owner: &str, now: Timestamp) {
    relay.lease = Some(Lease { owner: owner.to_owned(), until: now.plus(LEASE).into() });
    relay.state = State::Running;
    relay.started.get_or_insert_with(|| now.into());
}

fn end_of(relay: &Relay) -> u64 {
    relay.lease.as_ref().map_or(0, |lease| lease.until.timestamp().as_millis())
}

fn is_leased(relay: &Relay, owner: &str) -> bool {
    !relay.state.is_final() && relay.lease.as_ref().is_some_and(|lease| lease.owner == owner)
}

impl<W: World> Ledger<W> {
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// The relay as it was stored last.
    pub(crate) async fn relay(&self) -> Relay {
        self.held.lock().await.state().clone()
    }

    /// Stores what `put` makes of the relay, and has the lease for longer; unless somebody else has it.
    pub(crate) async fn put(&self, put: impl Fn(&mut Relay) + Send + Sync) -> Result<(), Stop> {
        let relays = &self.relays;
        let mut held = self.held.lock().await;
        let mut failures = 0;
        loop {
            let mut relay = held.state().clone();
            if !is_leased(&relay, &self.owner) {
                return Err(Stop::Lost);
            }
            lease(&mut relay, &self.owner, relays.now());
            put(&mut relay);
            let stored = match relays.swap(&held, relay).await {
                Ok(stored) => Ok(stored),
                Err(RecordError::Store(error)) => Err(error),
                Err(error) => return Err(Stop::Store(error)),
            };
            let current = match stored {
                Ok(Some(stored)) => {
                    self.until.store(end_of(stored.state()), Ordering::Relaxed);
                    *held = stored;
                    return Ok(());
                }
                Ok(None) => relays.read(&self.id).await,
                Err(error) => {
                    failures += 1;
                    if failures >= FAILURES {
                        return Err(Stop::Store(error.into()));
                    }
                    relays.ports.clock.sleep(Duration::from_secs(failures.into())).await;
                    relays.read(&self.id).await
                }
            };
            match current {
                Ok(Some(current)) => *held = current,
                Ok(None) => return Err(Stop::Lost),
                // What is held may not be what is there: the swap finds out.
                Err(RecordError::Store(error)) => {
                    failures += 1;
                    if failures >= FAILURES {
                        return Err(Stop::Store(error.into()));
                    }
                }
                Err(error) => return Err(Stop::Store(error)),
            }
        }
    }

    /// Does `work` while the lease lasts and nobody wants the relay stopped.
    pub(crate) async fn guard<T>(&self, work: impl Future<Output = T> + Send) -> Result<T, Stop> {
        if self.held.lock().await.state().cancel {
            return Err(Stop::Cancelled);
        }
        self.beside(work, true).await
    }

    /// Does `work` while the lease lasts, whoever wants the relay stopped.
    pub(crate) async fn hold<T>(&self, work: impl Future<Output = T> + Send) -> Result<T, Stop> {
        self.beside(work, false).await
    }

    async fn beside<T>(
        &self,
        work: impl Future<Output = T> + Send,
        heeds_cancel: bool,
    ) -> Result<T, Stop> {
        // In a box: it nests deeper than the compiler follows.
        let work: BoxFuture<'_, T> = Box::pin(work);
        match select(work, pin!(self.watch(heeds_cancel))).await {
            Either::Left((done, _)) => Ok(done),
            Either::Right((stop, _)) => Err(stop),
        }
    }

    /// Keeps the lease, and looks whether somebody wants the relay stopped, if that is heeded: ready when the work is to end.
    pub(crate) async fn watch(&self, heeds_cancel: bool) -> Stop {
        match select(pin!(self.keep(heeds_cancel)), pin!(self.run_out())).await {
            Either::Left((stop, _)) | Either::Right((stop, _)) => stop,
        }
    }

    /// Ready a little before others may take the relay, however the store answers.
    async fn run_out(&self) -> Stop {
        loop {
            let until = Duration::from_millis(self.until.load(Ordering::Relaxed));
            let until = Timestamp::since_epoch(until);
            let left = until.since(self.relays.now()).saturating_sub(BEAT);
            if left.is_zero() {
                return Stop::Lost;
            }
            self.relays.ports.clock.sleep(left).await;
        }
    }

    async fn keep(&self, heeds_cancel: bool) -> Stop {
        loop {
            self.relays.ports.clock.sleep(BEAT).await;
            let until = match self.relays.read(&self.id).await {
                Ok(Some(current)) => {
                    let relay = current.state();
                    if !is_leased(relay, &self.owner) {
                        return Stop::Lost;
                    }
                    if relay.cancel && heeds_cancel {
                        return Stop::Cancelled;
                    }
                    relay.lease.as_ref().map(|lease| lease.until.timestamp())
                }
                Ok(None) => return Stop::Lost,
                // The lease may last until it answers again.
                Err(_) => None,
            };
            let left = until.map(|until| until.since(self.relays.now()));
            if left.is_some_and(|left| left < LEASE / 2)
                && let Err(stop) = self.put(|_| {}).await
            {
                return stop;
            }
        }
    }
}
