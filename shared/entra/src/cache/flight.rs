use std::pin::pin;
use std::time::Duration;

use futures_util::future::{Either, select};
use headgate_core::{Clock, Diagnostics, Severity, Timer, Timestamp};

use super::shared::{Record, Shared};
use super::slot::{Next, Slot, Ticket};
use super::step::Need;
use crate::answer::Granted;
use crate::ports::{Ports, World};
use crate::{AccessToken, TokenError};

/// How often a waiting request looks whether its own instance's flight is done.
const GLANCE: Duration = Duration::from_millis(5);
/// How often an instance looks into the shared store whether another's is.
const SHARED_GLANCE: Duration = Duration::from_millis(50);
/// How much of a request's time a renewal takes while the token still serves.
const EARLY_PATIENCE: Duration = Duration::from_secs(3);

/// What the other instances have.
enum Others {
    /// A token, or a reason to wait.
    Know(Result<AccessToken, TokenError>),
    /// Nothing: this instance is to ask, for all of them where its claim is in the store.
    Ask { claimed: Option<Vec<u8>> },
}

/// One request's way to a token.
pub(crate) struct Flight<'a, W: World> {
    pub(crate) slot: &'a Slot,
    pub(crate) need: Need<'a>,
    /// What other instances know; `None` when the token is this instance's alone.
    pub(crate) shared: Option<Shared<'a>>,
    pub(crate) ports: &'a Ports<W>,
    /// Who acts, for the log.
    pub(crate) credential: &'a str,
}

impl<W: World> Flight<'_, W> {
    /// Gives the token that is there, or asks for one by `fetch`, or waits for who asks. `None`: instead of the refused
    /// token no other is to be had.
    pub(crate) async fn token<F>(self, fetch: F) -> Result<Option<AccessToken>, TokenError>
    where
        F: Future<Output = Result<Granted, TokenError>> + Send,
    {
        loop {
            let now = self.ports.clock.now();
            match self.slot.next(self.need, now) {
                Next::Done(token) => return Ok(Some(token)),
                Next::Stop => return Ok(None),
                Next::Fail(error) => return Err(error),
                Next::Await => self.ports.clock.sleep(GLANCE).await,
                Next::Fly(ticket, None) => {
                    let flown = self.fly(fetch).await;
                    return self.end(ticket, flown, false).map(Some);
                }
                Next::Fly(ticket, Some(serving)) => {
                    return Ok(Some(self.renew(ticket, serving, fetch).await));
                }
            }
        }
    }

    /// Renews a token that still serves; whatever happens, the request goes on with one.
    async fn renew<F>(&self, ticket: Ticket<'_>, serving: AccessToken, fetch: F) -> AccessToken
    where
        F: Future<Output = Result<Granted, TokenError>> + Send,
    {
        let flown = {
            let flight = pin!(self.fly(fetch));
            let patience = pin!(self.ports.clock.sleep(EARLY_PATIENCE));
            match select(flight, patience).await {
                Either::Left((flown, _)) => flown,
                Either::Right(_) => Err(TokenError::ServiceFailed { status: 504 }),
            }
        };
        self.end(ticket, flown, true).unwrap_or(serving)
    }

    fn end(
        &self,
        ticket: Ticket<'_>,
        flown: Result<AccessToken, TokenError>,
        early: bool,
    ) -> Result<AccessToken, TokenError> {
        match &flown {
            Ok(token) => ticket.landed(token),
            Err(error) => {
                ticket.failed(error, early, self.ports.clock.now());
                let severity =
                    if early || error.is_temporary() { Severity::Warning } else { Severity::Error };
                let report = format_args!("no token by credential {}: {error}", self.credential);
                self.ports.diagnostics.report(severity, &report);
            }
        }
        flown
    }

    async fn fly<F>(&self, fetch: F) -> Result<AccessToken, TokenError>
    where
        F: Future<Output = Result<Granted, TokenError>> + Send,
    {
        let Some(shared) = &self.shared else {
            return fetch.await.map(|granted| granted.token);
        };
        let claimed = match self.others(shared).await {
            Others::Know(known) => return known,
            Others::Ask { claimed } => claimed,
        };
        let fetched = fetch.await.map(|granted| granted.token);
        let Some(claimed) = claimed else {
            return fetched;
        };
        let now = self.ports.clock.now();
        let (token, pause) = match &fetched {
            Ok(token) => (Some(token.clone()), None),
            Err(error) => (self.slot.token(), error.retry_after().map(|pause| now.plus(pause))),
        };
        let (store, random) = (&self.ports.key_value, &self.ports.random);
        if let Err(error) = shared.write(&claimed, token.as_ref(), pause, store, random).await {
            self.report_store(&error);
        }
        fetched
    }

    /// What other instances have or get.
    ///
    /// A store that does not answer must not keep tokens away: this instance then asks alone.
    async fn others(&self, shared: &Shared<'_>) -> Others {
        loop {
            let record = match shared.read(&self.ports.key_value).await {
                Ok(record) => record,
                Err(error) => {
                    self.report_store(&error);
                    return Others::Ask { claimed: None };
                }
            };
            let now = self.ports.clock.now();
            if let Some(token) = self.adopted(&record, now) {
                return Others::Know(Ok(token));
            }
            if let Some(until) = record.pause_until.filter(|until| now < *until) {
                return Others::Know(Err(TokenError::Throttled { retry_after: until.since(now) }));
            }
            let elsewhere =
                |(holder, until): &(String, Timestamp)| holder != shared.holder && now < *until;
            if record.flight.as_ref().is_some_and(elsewhere) {
                self.ports.clock.sleep(SHARED_GLANCE).await;
                continue;
            }
            let (store, random) = (&self.ports.key_value, &self.ports.random);
            match shared.claim(&record, now, store, random).await {
                Ok(Some(claimed)) => return Others::Ask { claimed: Some(claimed) },
                Ok(None) => self.ports.clock.sleep(GLANCE).await,
                Err(error) => {
                    self.report_store(&error);
                    return Others::Ask { claimed: None };
                }
            }
        }
    }

    /// The token of a record, when it is better than what this instance has.
    fn adopted(&self, record: &Record, now: Timestamp) -> Option<AccessToken> {
        let token = record.token.as_ref()?;
        let times = token.times();
        let refused = matches!(self.need, Need::InsteadOf(refused) if refused.is(token));
        let fresh = !refused && times.usable(now) && now < times.refresh_at;
        fresh.then(|| token.clone())
    }

    fn report_store(&self, error: &headgate_core::KeyValueError) {
        let report = format_args!(
            "tokens of {} are not shared with other instances: {error}",
            self.credential
        );
        self.ports.diagnostics.report(Severity::Warning, &report);
    }
}
