use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use headgate_core::Timestamp;

use super::step::{Known, Need, Step, next_step};
use crate::{AccessToken, TokenError};

/// The token of one identity for one scope, and who is asking for it.
#[derive(Debug, Default)]
pub(crate) struct Slot(Mutex<Held>);

#[derive(Debug, Default)]
struct Held {
    token: Option<AccessToken>,
    failure: Option<Failure>,
    /// The flight under way: its number, and until when it is believed to be alive.
    flight: Option<(u64, Timestamp)>,
    flights: u64,
}

#[derive(Debug)]
struct Failure {
    error: TokenError,
    pause_until: Timestamp,
}

/// What a request does next.
pub(super) enum Next<'s> {
    Done(AccessToken),
    Stop,
    Fail(TokenError),
    Await,
    /// The request is to ask. The token, when there is one, still serves.
    Fly(Ticket<'s>, Option<AccessToken>),
}

/// The right to ask, for all. Dropping it gives the right to the next.
pub(super) struct Ticket<'s> {
    slot: &'s Slot,
    number: u64,
}

/// How long a flight is believed to be alive: longer than the longest schedule of attempts. It ends sooner by itself,
/// unless a host stops driving a request and does not drop it.
const LIVES: Duration = Duration::from_secs(3 * 60);

/// The pause after a failure that says nothing of its own about when to try again.
const PAUSE: Duration = Duration::from_secs(10);
/// The same while a token still serves.
const EARLY_PAUSE: Duration = Duration::from_secs(30);

impl Failure {
    /// The error, with what is left of a pause that the service asked for.
    fn error_at(&self, now: Timestamp) -> TokenError {
        match self.error {
            TokenError::Throttled { .. } => {
                TokenError::Throttled { retry_after: self.pause_until.since(now) }
            }
            ref error => error.clone(),
        }
    }
}

impl Slot {
    /// Decides, and takes the ticket in the same breath: one request alone gets it.
    pub(super) fn next(&self, need: Need<'_>, now: Timestamp) -> Next<'_> {
        let mut held = self.held();
        let refused = match need {
            Need::Token => None,
            Need::InsteadOf(refused) => Some(refused),
        };
        let known = Known {
            token: held.token.as_ref().map(AccessToken::times),
            is_refused: refused
                .zip(held.token.as_ref())
                .is_some_and(|(refused, token)| refused.is(token)),
            pause_until: held.failure.as_ref().map(|failure| failure.pause_until),
            in_flight: held.flight.is_some_and(|(_, until)| now < until),
        };
        match (next_step(known, refused.is_some(), now), &held.token, &held.failure) {
            (Step::Serve, Some(token), _) => Next::Done(token.clone()),
            (Step::Stop, ..) => Next::Stop,
            (Step::Fail, _, Some(failure)) => Next::Fail(failure.error_at(now)),
            (Step::Await, ..) => Next::Await,
            (Step::FetchEarly, token, _) => {
                let token = token.clone();
                Next::Fly(self.ticket(&mut held, now), token)
            }
            (Step::Fetch | Step::Serve | Step::Fail, ..) => {
                Next::Fly(self.ticket(&mut held, now), None)
            }
        }
    }

    fn ticket(&self, held: &mut Held, now: Timestamp) -> Ticket<'_> {
        held.flights += 1;
        held.flight = Some((held.flights, now.plus(LIVES)));
        Ticket { slot: self, number: held.flights }
    }

    /// Puts a token in, as a sign-in gives it.
    pub(crate) fn put(&self, token: AccessToken) {
        let mut held = self.held();
        held.token = Some(token);
        held.failure = None;
    }

    /// The token that is held, whatever its age.
    pub(super) fn token(&self) -> Option<AccessToken> {
        self.held().token.clone()
    }

    /// Whether forgetting the slot would lose anything.
    pub(super) fn is_of_use(&self, now: Timestamp) -> bool {
        let held = self.held();
        let usable = held.token.as_ref().is_some_and(|token| token.times().usable(now));
        usable
            || held.flight.is_some()
            || held.failure.as_ref().is_some_and(|it| now < it.pause_until)
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        // Held is replaced field by field with whole values: a panic elsewhere leaves it usable.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ticket<'_> {
    /// Ends the flight with a token.
    pub(super) fn landed(self, token: &AccessToken) {
        let mut held = self.slot.held();
        held.token = Some(token.clone());
        held.failure = None;
    }

    /// Ends the flight without one: nobody asks again for a while.
    pub(super) fn failed(self, error: &TokenError, early: bool, now: Timestamp) {
        let pause = error.pause().unwrap_or(PAUSE);
        let pause = if early { pause.max(EARLY_PAUSE) } else { pause };
        let failure = Failure { error: error.clone(), pause_until: now.plus(pause) };
        self.slot.held().failure = Some(failure);
    }
}

impl Drop for Ticket<'_> {
    fn drop(&mut self) {
        let mut held = self.slot.held();
        if held.flight.is_some_and(|(number, _)| number == self.number) {
            held.flight = None;
        }
    }
}
