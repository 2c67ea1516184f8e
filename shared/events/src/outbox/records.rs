use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use headgate_core::{
    Background, Clock, Diagnostics, HttpClient, KeyValue, Random, Swap, Timer, Timestamp,
};
use serde::{Serialize, de::DeserializeOwned};

use super::Outbox;
use super::recorded::Recorded;
use super::rounds::{ChangeError, Rounds};
use crate::error::EventErrorKind;
use crate::event::Event;
use crate::outlets::Outlets;
use crate::tokens::Tokens;

/// A state that [`Records`] keep: some of its changes cause an event.
///
/// ```
/// use headgate_core::{Random, Timestamp};
/// use headgate_events::{Event, EventErrorKind, Eventful, event_id};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Clone, PartialEq, Serialize, Deserialize)]
/// struct Job {
///     is_done: bool,
/// }
///
/// impl Eventful for Job {
///     fn event(
///         &self,
///         next: &Self,
///         id: &str,
///         (source, random): (&str, &impl Random),
///         now: Timestamp,
///     ) -> Result<Option<Event>, EventErrorKind> {
///         if self.is_done || !next.is_done {
///             return Ok(None);
///         }
///         let event = Event::new(event_id(random), source, "com.example.job.done")?;
///         Ok(Some(event.with_subject(format!("/jobs/{id}"))?.with_time(now)))
///     }
/// }
/// ```
pub trait Eventful: Clone + PartialEq + Serialize + DeserializeOwned + Send + Sync {
    /// Makes the event of the change from this state to `next`, of the record `id`; `None` when that change causes none.
    ///
    /// It is asked again when another change came first, and gives each event an id of its own.
    ///
    /// # Errors
    ///
    /// [`EventErrorKind`] when the source is none; no configured one is.
    fn event(
        &self,
        next: &Self,
        id: &str,
        from: (&str, &impl Random),
        now: Timestamp,
    ) -> Result<Option<Event>, EventErrorKind>;
}

/// The records of one kind, each a [`Recorded`] state at a key of its own, which any number of instances create, read and
/// change by compare-and-swap.
///
/// A change and the event that it causes are stored together. The event is then handed over and delivered beside the
/// request; if the process dies before, it stays in the record for any later [`Outbox::hand_over`].
pub struct Records<S, X, B> {
    prefix: &'static str,
    source: String,
    outbox: Arc<X>,
    background: B,
    state: PhantomData<fn() -> S>,
}

/// A record as this instance last saw it in the store. `Debug` shows its id alone: the state may hold a secret.
#[derive(Clone)]
pub struct Held<S> {
    /// The end of its key.
    pub id: String,
    /// Its state, and the events that are not handed over yet.
    pub record: Recorded<S>,
    /// What stands in the store.
    value: Vec<u8>,
}

impl<S> Held<S> {
    /// Its state.
    #[must_use]
    pub const fn state(&self) -> &S {
        &self.record.state
    }
}

impl<S> fmt::Debug for Held<S> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Held").field("id", &self.id).finish_non_exhaustive()
    }
}

impl<S, X, B> Records<S, X, B> {
    /// Makes the records whose keys begin with `prefix` and end with their ids, and whose events come from `source`.
    #[must_use]
    pub const fn new(prefix: &'static str, source: String, outbox: Arc<X>, background: B) -> Self {
        Self { prefix, source, outbox, background, state: PhantomData }
    }

    fn key(&self, id: &str) -> String {
        [self.prefix, id].concat()
    }
}

impl<S, H, K, C, R, D, O, T, B> Records<S, Outbox<H, K, C, R, D, O, T>, B>
where
    S: Eventful,
    H: HttpClient + 'static,
    K: KeyValue + 'static,
    C: Clock + Timer + 'static,
    R: Random + 'static,
    D: Diagnostics + 'static,
    O: Outlets + 'static,
    T: Tokens + 'static,
    B: Background,
{
    /// Reads a record; `None` when there is none.
    ///
    /// # Errors
    ///
    /// [`ChangeError::Store`], or [`ChangeError::Record`] when it is one that this version does not read.
    pub async fn read(&self, id: &str) -> Result<Option<Held<S>>, ChangeError> {
        let Some(value) = self.outbox.ports.key_value.get(&self.key(id)).await? else {
            return Ok(None);
        };
        Ok(Some(Held { id: id.to_owned(), record: Recorded::decode(&value)?, value }))
    }

    /// Stores a new record, which causes no event; or gives the one that is there, and `false`.
    ///
    /// # Errors
    ///
    /// [`ChangeError`]. A store that fails is not asked again: whoever asks for the record once more finds out whether it is
    /// there.
    pub async fn create(&self, id: &str, state: S) -> Result<(Held<S>, bool), ChangeError> {
        let ports = &self.outbox.ports;
        let record = Recorded::new(state);
        let value = record.encode()?;
        let mut rounds = Rounds::default();
        loop {
            match ports.key_value.compare_and_swap(&self.key(id), None, &value).await? {
                Swap::Stored => return Ok((Held { id: id.to_owned(), record, value }, true)),
                Swap::Conflict => {
                    if let Some(there) = self.read(id).await? {
                        return Ok((there, false));
                    }
                    // It was forgotten in between.
                    rounds.conflicted(&ports.clock, &ports.random).await?;
                }
            }
        }
    }

    /// Puts `next` in the place of the state that is held, with the event that this causes. `None` when the record is not
    /// that one any more.
    ///
    /// # Errors
    ///
    /// [`ChangeError`]. When the store fails, the state may have been put there nevertheless.
    pub async fn swap(&self, held: &Held<S>, next: S) -> Result<Option<Held<S>>, ChangeError> {
        let mut own = Vec::new();
        let swapped = self.try_swap(held, next, &mut own).await?;
        if swapped.is_some() {
            self.deliver_later(&held.id, own).await;
        }
        Ok(swapped)
    }

    /// Changes the state to what `judge` makes of it, as [`Rounds`] go: `judge` is asked again with what others have stored
    /// meanwhile, and when the store fails. The state stays when `judge` gives it back, or `None`; a record that is
    /// deleted meanwhile stays deleted.
    ///
    /// # Errors
    ///
    /// [`ChangeError`]. When the store fails, the last change may have been stored nevertheless.
    pub async fn change(
        &self,
        held: Held<S>,
        judge: impl Fn(S) -> Option<S> + Send + Sync,
    ) -> Result<Held<S>, ChangeError> {
        let mut own = Vec::new();
        let held = self.try_change(held, judge, &mut own).await?;
        self.deliver_later(&held.id, own).await;
        Ok(held)
    }

    async fn try_change(
        &self,
        mut held: Held<S>,
        judge: impl Fn(S) -> Option<S> + Send + Sync,
        own: &mut Vec<String>,
    ) -> Result<Held<S>, ChangeError> {
        let ports = &self.outbox.ports;
        let mut rounds = Rounds::default();
        loop {
            let next = judge(held.state().clone()).filter(|next| next != held.state());
            let Some(next) = next else { return Ok(held) };
            match self.try_swap(&held, next, own).await {
                Ok(Some(changed)) => return Ok(changed),
                Ok(None) => rounds.conflicted(&ports.clock, &ports.random).await?,
                Err(ChangeError::Store(error)) => rounds.failed(error)?,
                Err(error) => return Err(error),
            }
            match self.read(&held.id).await {
                Ok(Some(current)) => held = current,
                Ok(None) => return Ok(held),
                // What is held may not be what is there: the swap finds out.
                Err(ChangeError::Store(error)) => rounds.failed(error)?,
                Err(error) => return Err(error),
            }
        }
    }

    /// Swaps, and adds the id of the event to `own`.
    async fn try_swap(
        &self,
        held: &Held<S>,
        next: S,
        own: &mut Vec<String>,
    ) -> Result<Option<Held<S>>, ChangeError> {
        let ports = &self.outbox.ports;
        let now = ports.clock.now();
        let mut record = held.record.clone();
        let event = held.state().event(&next, &held.id, (&self.source, &ports.random), now)?;
        if let Some(event) = event {
            own.push(event.id().to_owned());
            record.record(event, now)?;
        }
        let record = record.with_state(next);
        let value = record.encode()?;
        let key = self.key(&held.id);
        match ports.key_value.compare_and_swap(&key, Some(&held.value), &value).await? {
            Swap::Stored => Ok(Some(Held { id: held.id.clone(), record, value })),
            Swap::Conflict => Ok(None),
        }
    }

    /// Hands over and delivers a record's events of these ids beside the request.
    async fn deliver_later(&self, id: &str, own: Vec<String>) {
        if own.is_empty() {
            return;
        }
        let (outbox, key) = (Arc::clone(&self.outbox), self.key(id));
        let work = async move {
            let handed = outbox.hand_over(&key, &own).await;
            outbox.deliver(handed).await;
        };
        self.background.begin(work).await;
    }
}
