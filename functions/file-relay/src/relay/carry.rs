use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use futures_util::future::{BoxFuture, Either, join, select};
use headgate_core::{Background, Body, Timestamp};

use super::carrier::{Carrier, Ended};
use super::ledger::{Ledger, Stop};
use super::live::Working;
use super::record::{Relay, State};
use super::relays::{Held, RecordError, Relays};
use super::work::{Many, Work};
use crate::ports::World;

/// The content of a file that a request brings.
#[derive(Debug)]
pub(crate) struct Brought {
    /// As it comes, once.
    pub(crate) body: Body,
    /// All of it, where it is short and may be needed again.
    pub(crate) kept: Option<Bytes>,
}

impl<W: World> Relays<W> {
    /// Begins to work on a relay beside the request; or has it wait for those that this instance works on.
    pub(crate) async fn start(self: &Arc<Self>, id: &str) {
        let Some(mut turn) = self.live.enter(id) else { return };
        let (relays, id) = (Arc::clone(self), id.to_owned());
        let until = self.until();
        let work = async move {
            let mut next = Some(id);
            while let Some(id) = next {
                // What there is no time for is left to a tick.
                if until.is_none_or(|until| relays.now() < until) {
                    relays.carry_on(&id, until).await;
                }
                next = turn.next();
            }
        };
        self.background.begin(work).await;
    }

    /// Works on a relay if it is due, and tells the operator what is in the way of that.
    pub(crate) async fn carry_on(self: &Arc<Self>, id: &str, until: Option<Timestamp>) {
        if let Err(error) = self.carry(id, until).await {
            self.warn(&format_args!("relay {id} is left for later: {error}"));
        }
    }

    /// Works on a relay if it is due. In a box with its type: a relay of many files carries relays.
    pub(crate) fn carry<'s>(
        self: &'s Arc<Self>,
        id: &'s str,
        until: Option<Timestamp>,
    ) -> BoxFuture<'s, Result<(), RecordError>> {
        Box::pin(async move {
            let Some(working) = self.live.begin(id) else { return Ok(()) };
            match self.claim(id).await? {
                Some(ledger) => self.work(&ledger, &working, until, None).await,
                None => Ok(()),
            }
        })
    }

    /// Works on a relay that is leased, until it is at its end or somebody else is to go on.
    pub(crate) async fn work(
        self: &Arc<Self>,
        ledger: &Ledger<W>,
        working: &Working,
        until: Option<Timestamp>,
        brought: Option<Brought>,
    ) -> Result<(), RecordError> {
        let relay = ledger.relay().await;
        let ended = match &relay.work {
            Work::One(one) => {
                let progress = Arc::clone(&working.progress);
                let one = (**one).clone();
                let mut carrier = Carrier::new(self, ledger, progress, (&relay, one), until);
                let brought = brought.map(|Brought { body, kept }| {
                    carrier.kept = kept;
                    body
                });
                let mut ended = ledger.guard(self.carry_one(&mut carrier, brought)).await.flatten();
                if matches!(ended, Err(Stop::Cancelled)) {
                    ended = carrier.stop().await;
                }
                let attempts = carrier.attempts;
                let work = Work::One(Box::new(carrier.one));
                return match ended {
                    Ok(ended) => self.settle(ledger, Some(work), attempts, ended).await,
                    Err(stop) => stopped(stop),
                };
            }
            Work::Many(many) => {
                let many = (**many).clone();
                Box::pin(self.guarded_many(ledger, relay.cancel, many, until)).await
            }
        };
        match ended {
            Ok(ended) => self.settle(ledger, None, relay.attempts.saturating_add(1), ended).await,
            Err(stop) => stopped(stop),
        }
    }

    /// Carries one file once there is leave to; whoever brings one has it already.
    async fn carry_one(
        self: &Arc<Self>,
        carrier: &mut Carrier<'_, W>,
        brought: Option<Body>,
    ) -> Result<Ended, Stop> {
        if brought.is_some() {
            return carrier.run(brought).await;
        }
        let _permit = self.live.may_carry().await;
        if carrier.is_late() {
            return Ok(Ended::Rest(None));
        }
        carrier.run(None).await
    }

    /// Carries many files until that is done, or the lease is lost; when somebody wants it stopped, each file ends by itself.
    async fn guarded_many(
        self: &Arc<Self>,
        ledger: &Ledger<W>,
        is_cancelled: bool,
        many: Many,
        until: Option<Timestamp>,
    ) -> Result<Ended, Stop> {
        let is_stopped = AtomicBool::new(is_cancelled);
        let work: BoxFuture<'_, Result<Ended, Stop>> =
            Box::pin(self.carry_many(ledger, many, until, &is_stopped));
        let work = match select(work, pin!(ledger.watch(!is_cancelled))).await {
            Either::Left((ended, _)) => return ended,
            Either::Right((Stop::Cancelled, work)) => work,
            Either::Right((stop, _)) => return Err(stop),
        };
        is_stopped.store(true, Ordering::Relaxed);
        let (ended, stopped) = ledger.hold(join(work, self.stop_files(ledger, until))).await?;
        match stopped.map_err(Stop::Store)? {
            true => ended,
            false => Ok(Ended::Rest(None)),
        }
    }

    /// Stops a relay: at once, or within seconds where another instance works on it; one of many files beside the request. None
    /// when there is no such relay.
    pub(crate) async fn cancel(self: &Arc<Self>, id: &str) -> Result<Option<Held>, RecordError> {
        let Some(held) = self.read(id).await? else { return Ok(None) };
        let held = self
            .change(held, |mut relay| {
                if relay.state.is_final() || relay.cancel {
                    return None;
                }
                relay.cancel = true;
                Some(relay)
            })
            .await?;
        if held.state().state.is_final() {
            return Ok(Some(held));
        }
        // Whoever works on it may have died.
        self.note(id).await?;
        if held.state().is_due(self.now()) {
            match held.state().work {
                Work::One(_) => self.carry(id, None).await?,
                Work::Many(_) => self.start(id).await,
            }
            return self.read(id).await;
        }
        Ok(Some(held))
    }

    /// Has a relay that failed or was stopped tried again, or one that waits at once. None when there is no such relay.
    pub(crate) async fn resume(self: &Arc<Self>, id: &str) -> Result<Option<Held>, RecordError> {
        let Some(held) = self.read(id).await? else { return Ok(None) };
        let held = self.reset(held).await?;
        if held.state().is_due(self.now()) {
            self.note(id).await?;
            self.start(id).await;
            return self.read(id).await;
        }
        Ok(Some(held))
    }

    /// Puts a relay that failed or was stopped back to its beginning, and lets one that waits wait no longer.
    pub(super) async fn reset(self: &Arc<Self>, held: Held) -> Result<Held, RecordError> {
        self.change(held, |mut relay| {
            if relay.may_begin_again() {
                relay.begin_again();
            } else if relay.next.is_none() || relay.is_brought() {
                return None;
            }
            relay.failures = 0;
            relay.next = None;
            Some(relay)
        })
        .await
    }

    /// Stores what became of a piece of work.
    pub(super) async fn settle(
        self: &Arc<Self>,
        ledger: &Ledger<W>,
        work: Option<Work>,
        attempts: u32,
        ended: Ended,
    ) -> Result<(), RecordError> {
        let (state, failure, next) = match ended {
            Ended::Succeeded => (State::Succeeded, None, None),
            Ended::Skipped => (State::Skipped, None, None),
            Ended::Cancelled => (State::Cancelled, None, None),
            Ended::Failed(failure) => (State::Failed, Some(failure), None),
            Ended::Rest(next) => (State::Running, None, next),
        };
        let settled = ledger.put(|relay: &mut Relay| {
            if let Some(work) = &work {
                relay.work = work.clone();
            }
            relay.attempts = attempts;
            if state.is_final() {
                relay.end(state, failure.clone(), self.now());
            } else {
                relay.lease = None;
                relay.next = next.map(Into::into);
            }
        });
        settled.await.or_else(stopped)
    }
}

/// Whoever lost a relay leaves it to whoever has it.
fn stopped(stop: Stop) -> Result<(), RecordError> {
    match stop {
        Stop::Lost | Stop::Cancelled => Ok(()),
        Stop::Store(error) => Err(error),
    }
}
