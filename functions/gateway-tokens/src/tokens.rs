use std::sync::Arc;

use headgate_core::{
    Background, Clock, Diagnostics, KeyValue, KeyValueError, Severity, Swap, Timestamp,
};
use headgate_events::{EventErrorKind, Limits, Outbox, OutboxPorts, Recorded, RecordedError};

use crate::configuration::Configuration;
use crate::event::event;
use crate::judging::{Change, next_state};
use crate::keys::RECORDS;
use crate::ports::{Ports, World};
use crate::token::Token;

type WorldOutbox<W> = Outbox<
    <W as World>::Http,
    <W as World>::KeyValue,
    <W as World>::Clock,
    <W as World>::Random,
    <W as World>::Diagnostics,
    <W as World>::Outlets,
    <W as World>::Tokens,
>;

/// What the store holds of a token; of one that was deleted, nothing but events that are still to be handed over.
type Record = Recorded<Option<Token>>;

/// How often a record is judged again that others have changed meanwhile. Each time, one of them has succeeded.
const TRIES: usize = 64;

/// How often the store may fail meanwhile.
const FAILURES: usize = 3;

/// So many tokens are shown at a time.
const MOST_SHOWN: usize = 1_000;

/// The tokens that all instances share, and what this one reaches of the world.
pub(crate) struct Tokens<W: World> {
    pub(crate) configuration: Configuration,
    pub(crate) ports: Ports<W>,
    pub(crate) outbox: WorldOutbox<W>,
}

/// Why a record was not read or changed, or may not have been.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TokensError {
    /// The store did not answer.
    #[error(transparent)]
    Store(#[from] KeyValueError),
    /// The record is one that this version does not read, or grew too long.
    #[error(transparent)]
    Record(#[from] RecordedError),
    /// A change has no event.
    #[error(transparent)]
    Event(#[from] EventErrorKind),
    /// Others have changed the record each time.
    #[error("others change the record all the time")]
    Contended,
}

/// A token before and after a change.
pub(crate) struct Changed {
    pub(crate) before: Option<Token>,
    pub(crate) after: Option<Token>,
}

impl<W: World> Tokens<W> {
    pub(crate) fn new(configuration: Configuration, ports: Ports<W>) -> Self {
        let outbox = Outbox::new(
            "gateway-tokens",
            configuration.sinks.clone(),
            OutboxPorts {
                http: ports.http.clone(),
                key_value: ports.key_value.clone(),
                clock: ports.clock.clone(),
                random: ports.random.clone(),
                diagnostics: ports.diagnostics.clone(),
                outlets: ports.outlets.clone(),
            },
        )
        .with_tokens(ports.tokens.clone());
        Self { configuration, ports, outbox }
    }

    /// Reads the tokens whose keys begin so, and whether there are more than are shown. A record that cannot be read is
    /// reported and passed over.
    pub(crate) async fn read(&self, prefix: &str) -> Result<(Vec<Token>, bool), KeyValueError> {
        let mut keys = self.ports.key_value.list(prefix).await?;
        keys.sort_unstable();
        let mut tokens = Vec::new();
        for key in keys {
            let Some(value) = self.ports.key_value.get(&key).await? else { continue };
            match Record::decode(&value) {
                Ok(Recorded { state: Some(_), .. }) if tokens.len() == MOST_SHOWN => {
                    return Ok((tokens, true));
                }
                Ok(record) => tokens.extend(record.state),
                Err(error) => self.warn(&format_args!("{key} is passed over: {error}")),
            }
        }
        Ok((tokens, false))
    }

    /// Changes the record at `key` to what `judge` makes of its token, with the event of the change, in one
    /// compare-and-swap; what is judged to stay as it is is not written.
    ///
    /// `judge` may be asked several times, with what others have stored meanwhile. When the store fails, its last call may
    /// have been done nevertheless, and what was said then is not said again.
    ///
    /// The event is then handed over and delivered beside the request. If the process dies, it stays in the record, and
    /// any later request for the token or tick goes on.
    pub(crate) async fn change(
        self: &Arc<Self>,
        key: &str,
        judge: impl Fn(Option<Token>, Timestamp) -> (Option<Token>, Option<Change>) + Send + Sync,
    ) -> Result<Changed, TokensError> {
        let store = &self.ports.key_value;
        let mut own = Vec::new();
        let mut failures = 0;
        for _ in 0..TRIES {
            let value = match store.get(key).await {
                Ok(value) => value,
                Err(error) => {
                    fail(&mut failures, error)?;
                    continue;
                }
            };
            let mut record = match &value {
                Some(value) => Record::decode(value)?,
                None => Record::new(None),
            };
            let now = self.ports.clock.now();
            let before = record.state.clone();
            let (after, change) = judge(before.clone(), now);
            if change.is_none() && after == before {
                if record.is_left_over(now) || !own.is_empty() {
                    self.deliver_later(key, own).await;
                }
                return Ok(Changed { before, after });
            }
            if let Some((change, token)) = change.zip(after.as_ref()) {
                let event = event(change, token, &self.configuration.source, &self.ports.random)?;
                own.push(event.id().to_owned());
                record.record(event, now)?;
            }
            let record = record.with_state(after.clone());
            match store.compare_and_swap(key, value.as_deref(), &record.encode()?).await {
                Ok(Swap::Stored) => {
                    if record.events().next().is_some() {
                        self.deliver_later(key, own).await;
                    }
                    return Ok(Changed { before, after });
                }
                Ok(Swap::Conflict) => {}
                Err(error) => fail(&mut failures, error)?,
            }
        }
        Err(TokensError::Contended)
    }

    /// Does what is due: says what is to be said about tokens, and delivers events. It may run late, twice, or in several
    /// instances at once.
    ///
    /// # Errors
    ///
    /// The first failure; what could be done is done nevertheless.
    pub(crate) async fn tick(self: &Arc<Self>) -> Result<(), TokensError> {
        let mut result = Ok(());
        match self.ports.key_value.list(RECORDS).await {
            Ok(keys) => {
                for key in keys {
                    if let Err(error) = self.change(&key, |token, now| self.judge(token, now)).await
                    {
                        self.warn(&format_args!("{key} is not looked after: {error}"));
                        result = result.and(Err(error));
                    }
                }
            }
            Err(error) => {
                self.warn(&format_args!("the tokens are not looked after: {error}"));
                result = Err(error.into());
            }
        }
        Box::pin(self.outbox.deliver_due(Limits::default())).await;
        result
    }

    /// Judges what a record holds.
    pub(crate) fn judge(
        &self,
        token: Option<Token>,
        now: Timestamp,
    ) -> (Option<Token>, Option<Change>) {
        match token {
            None => (None, None),
            Some(token) => {
                let (token, change) = next_state(token, now, &self.configuration.policy);
                (Some(token), change)
            }
        }
    }

    pub(crate) fn warn(&self, message: &dyn std::fmt::Display) {
        self.ports.diagnostics.report(Severity::Warning, message);
    }

    async fn deliver_later(self: &Arc<Self>, key: &str, own: Vec<String>) {
        let (tokens, key) = (Arc::clone(self), key.to_owned());
        let work = async move {
            let handed = tokens.outbox.hand_over(&key, &own).await;
            tokens.outbox.deliver(handed).await;
        };
        // Boxed: inline, the future of a request would nest deeper than the compiler follows.
        self.ports.background.begin(Box::pin(work)).await;
    }
}

fn fail(failures: &mut usize, error: KeyValueError) -> Result<(), TokensError> {
    *failures += 1;
    if *failures < FAILURES { Ok(()) } else { Err(TokensError::Store(error)) }
}
