//! Whoever carries one file: from where it is to its end, whatever fails on the way.

mod begin;
mod clean;
mod finish;
mod halt;
mod send;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use headgate_core::{Background, Body, Timer, Timestamp};

use super::ledger::{Ledger, Stop};
use super::live::Progress;
use super::order::Spot;
use super::record::{Failure, Relay};
use super::relays::Relays;
use super::retry::{self, Next, Side};
use super::work::{Bringer, One, Work};
use crate::place::Place;
use crate::ports::World;

pub(crate) use halt::Ended;
pub(super) use halt::{Halt, broke};
use halt::{corrupt, over, said};

/// How often the record is written while parts arrive.
const PACE: Duration = Duration::from_secs(1);

/// How long a pause may be for which a process is kept that does not outlive an answer.
const SHORT: Duration = Duration::from_secs(10);

/// Whoever carries one file, and how far that is.
pub(super) struct Carrier<'l, W: World> {
    pub(super) relays: &'l Arc<Relays<W>>,
    pub(super) ledger: &'l Ledger<W>,
    pub(super) progress: Arc<Progress>,
    pub(super) one: One,
    pub(super) attempts: u32,
    failures: u32,
    failure: Option<Failure>,
    until: Option<Timestamp>,
    written: Timestamp,
    /// Whether an earlier commit may have put the file in its place.
    is_in_doubt: bool,
    /// How much of the file comes at once, where that limits the length of parts.
    pub(super) most: Option<u64>,
    /// The content that a request brought, where it is kept for another name.
    pub(super) kept: Option<Bytes>,
    /// The same, to be sent under that name.
    again: Option<Bytes>,
}

impl<'l, W: World> Carrier<'l, W> {
    pub(in crate::relay) fn new(
        relays: &'l Arc<Relays<W>>,
        ledger: &'l Ledger<W>,
        progress: Arc<Progress>,
        (relay, one): (&Relay, One),
        until: Option<Timestamp>,
    ) -> Self {
        progress.set(one.sent.as_ref().map_or(0, |sent| sent.offset));
        Self {
            relays,
            ledger,
            progress,
            is_in_doubt: one.committing,
            one,
            attempts: relay.attempts,
            failures: relay.failures,
            failure: relay.failure.clone(),
            until,
            written: relays.now(),
            most: None,
            kept: None,
            again: None,
        }
    }

    /// Stores how far it is.
    pub(super) async fn put(&mut self) -> Result<(), Stop> {
        let (one, attempts, failures) = (self.one.clone(), self.attempts, self.failures);
        let failure = self.failure.clone();
        self.ledger
            .put(|relay| {
                relay.work = Work::One(Box::new(one.clone()));
                relay.attempts = attempts;
                relay.failures = failures;
                relay.failure.clone_from(&failure);
            })
            .await?;
        self.written = self.relays.now();
        Ok(())
    }

    pub(super) fn place(&self, spot: &Spot, side: Side) -> Result<&'l Place<W>, Halt> {
        let relays: &'l Relays<W> = self.relays;
        let named = relays.places.get(&spot.place);
        let may = named.filter(|named| match side {
            Side::Source => named.read,
            Side::Destination => named.write,
        });
        may.map(|named| &named.place).ok_or_else(|| {
            let message = format!("the place {} is not configured for this any more", spot.place);
            over("PlaceUnknown", message)
        })
    }

    pub(in crate::relay) fn to(&self) -> Result<&'l Place<W>, Halt> {
        self.place(&self.one.order.destination, Side::Destination)
    }

    pub(super) fn offset(&self) -> u64 {
        self.one.offset()
    }

    /// Whether there is no time for more.
    pub(in crate::relay) fn is_late(&self) -> bool {
        self.until.is_some_and(|until| self.relays.now() >= until)
    }

    /// Counts one more failure: in a row are those between which it came no further than ever before.
    fn count(&mut self, failure: Failure) {
        if self.one.comes_further() {
            self.failures = 0;
        }
        self.failures = self.failures.saturating_add(1);
        self.failure = Some(failure);
    }

    /// Leaves the rest to a tick, unless it never comes any further that way.
    async fn leave(&mut self, next: Option<Timestamp>) -> Result<Ended, Stop> {
        if self.one.comes_further() {
            self.failures = 0;
        } else {
            let message = "it comes no further within time_limit_seconds, and cannot be gone on with: give it more time";
            let failure = Failure::new("TimeLimit", message);
            self.count(failure.clone());
            if self.failures > retry::MOST {
                return self.clean(Ended::Failed(failure)).await;
            }
        }
        self.put().await?;
        Ok(Ended::Rest(next))
    }

    /// Carries the file, again and again, until that is over one way or the other. `brought` is the content that a request
    /// brings.
    pub(in crate::relay) async fn run(&mut self, mut brought: Option<Body>) -> Result<Ended, Stop> {
        // What may be in its place already is looked for more often.
        let most = if self.one.committing { 2 * retry::MOST } else { retry::MOST };
        if let Some(failure) = self.failure.clone().filter(|_| self.failures > most) {
            return self.clean(Ended::Failed(failure)).await;
        }
        loop {
            self.attempts = self.attempts.saturating_add(1);
            let (side, error) = match self.pass(&mut brought).await {
                Ok(Ended::Rest(next)) => return self.leave(next).await,
                Ok(ended) => return Ok(ended),
                Err(Halt::Stop(stop)) => return Err(stop),
                Err(Halt::Over(ended)) => return self.clean(ended).await,
                Err(Halt::Place(side, error)) => (side, error),
            };
            let failure = Failure::new(retry::code(&error, side), said(&error, side));
            self.count(failure.clone());
            let next = retry::judge(&error, side, self.failures, self.relays.random_byte());
            brought = brought.or_else(|| self.again.take().map(Body::from));
            // What a request brought is not to be had again.
            let is_gone = self.one.bringer != Bringer::Place && brought.is_none();
            let next = if is_gone && !self.one.committing { Next::Fail } else { next };
            let pause = match next {
                Next::Fail => return self.clean(Ended::Failed(failure)).await,
                Next::Again(pause) => pause,
                Next::BeginAgain(pause) => {
                    self.begin_again().await?;
                    pause
                }
            };
            let now = self.relays.now();
            let is_late = self.until.is_some_and(|until| now.plus(pause) >= until);
            let is_long = pause > SHORT && !self.relays.background.outlives_the_answer();
            if self.one.bringer == Bringer::Place && (is_late || is_long) {
                self.put().await?;
                return Ok(Ended::Rest(Some(now.plus(pause))));
            }
            self.relays.ports.clock.sleep(pause).await;
        }
    }

    /// Tries once to come to the end from where it is.
    pub(super) async fn pass(&mut self, brought: &mut Option<Body>) -> Result<Ended, Halt> {
        if self.one.committing {
            self.is_in_doubt = true;
            return self.commit().await;
        }
        // What the place holds tells where to read on; a new upload begins with what the source says.
        let ahead = self.reconcile().await?;
        let length = self.one.stat.as_ref().and_then(|stat| stat.length);
        let flow = match self.one.order.source.clone() {
            // All of it was read: there is no range behind the end.
            Some(_) if self.offset() > 0 && length == Some(self.offset()) => {
                self.flow(Body::empty())?
            }
            Some(spot) => {
                let opened = self.open(&spot, ahead > 0).await?;
                self.begin_with(opened.stat.clone()).await?;
                let flow = self.flow(opened.body)?;
                let at = self.offset();
                if opened.from < at {
                    flow.pass_over(at - opened.from, false).await.map_err(broke)?;
                }
                flow
            }
            None => {
                if brought.is_none() {
                    let message = "the request that brought the content broke off: send it again";
                    return Err(over("ContentBrokeOff", message));
                }
                self.begin_with(self.one.stat.clone().unwrap_or_default()).await?;
                self.flow(brought.take().unwrap_or_default())?
            }
        };
        if ahead > 0 {
            self.pass_over(&flow, ahead).await?;
        }
        let total = self.one.stat.as_ref().and_then(|stat| stat.length);
        if let Some(rest) = self.send(&flow, total, total).await? {
            return Ok(rest);
        }
        if !flow.is_at_end().await.map_err(broke)? {
            return Err(corrupt("the source is longer than it says"));
        }
        self.finish(&flow).await?;
        drop(flow);
        self.commit().await
    }
}
