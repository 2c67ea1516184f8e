use std::collections::BTreeSet;
use std::sync::Arc;

use headgate_core::{
    Background, Clock, Diagnostics, KeyValue, KeyValueError, Severity, Swap, Timestamp,
};
use headgate_events::{ChangeError, Limits, Recorded, Rounds};
use headgate_world::WorldOutbox;

use crate::configuration::Configuration;
use crate::event::event;
use crate::judging::{Change, next_state};
use crate::keys::RECORDS;
use crate::token::Token;
use crate::{Ports, World};

/// What the store holds of a token; of one that was deleted, nothing but events that are still to be handed over.
type Record = Recorded<Option<Token>>;

/// So many tokens are shown at a time.
const MOST_SHOWN: usize = 1_000;

/// The tokens that all instances share, and what this one reaches of the world.
pub(crate) struct Tokens<W: World> {
    pub(crate) configuration: Configuration,
    pub(crate) ports: Ports<W>,
    pub(crate) outbox: WorldOutbox<W>,
}

/// A token before and after a change.
pub(crate) struct Changed {
    pub(crate) before: Option<Token>,
    pub(crate) after: Option<Token>,
}

impl<W: World> Tokens<W> {
    pub(crate) fn new(configuration: Configuration, ports: Ports<W>) -> Self {
        let outbox = ports.outbox("gateway-tokens", configuration.sinks.clone());
        Self { configuration, ports, outbox }
    }

    /// Reads the tokens whose keys begin so, and whether there are more than are shown. A record that cannot be read is
    /// reported and passed over.
    pub(crate) async fn read(&self, prefix: &str) -> Result<(Vec<Token>, bool), KeyValueError> {
        let mut keys = self.ports.key_value.list(prefix).await?;
        keys.sort_unstable();
        let mut tokens = Vec::new();
        for key in keys {
            let Some(token) = self.token_at(&key).await? else { continue };
            if tokens.len() == MOST_SHOWN {
                return Ok((tokens, true));
            }
            tokens.push(token);
        }
        Ok((tokens, false))
    }

    /// Finds the keys of tokens that begin with one of `prefixes`: lists once, and reads each record once.
    pub(crate) async fn keys(
        &self,
        prefixes: &[String],
    ) -> Result<BTreeSet<String>, KeyValueError> {
        let listed = self.ports.key_value.list(common(prefixes)).await?;
        let listed = BTreeSet::from_iter(listed);
        let asked = prefixes.iter().flat_map(|prefix| beginning_with(&listed, prefix));
        let mut keys = BTreeSet::new();
        for key in asked.collect::<BTreeSet<_>>() {
            if self.token_at(key).await?.is_some() {
                keys.insert(key.clone());
            }
        }
        Ok(keys)
    }

    /// Reads the token at a key. A record that cannot be read is reported, and counts as none.
    async fn token_at(&self, key: &str) -> Result<Option<Token>, KeyValueError> {
        let Some(value) = self.ports.key_value.get(key).await? else { return Ok(None) };
        match Record::decode(&value) {
            Ok(record) => Ok(record.state),
            Err(error) => {
                self.warn(&format_args!("{key} is passed over: {error}"));
                Ok(None)
            }
        }
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
    ) -> Result<Changed, ChangeError> {
        let store = &self.ports.key_value;
        let mut own = Vec::new();
        let mut rounds = Rounds::default();
        loop {
            let value = match store.get(key).await {
                Ok(value) => value,
                Err(error) => {
                    rounds.failed(error)?;
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
                Ok(Swap::Conflict) => {
                    rounds.conflicted(&self.ports.clock, &self.ports.random).await?;
                }
                Err(error) => rounds.failed(error)?,
            }
        }
    }

    /// Does what is due: says what is to be said about tokens, and delivers events. It may run late, twice, or in several
    /// instances at once.
    ///
    /// # Errors
    ///
    /// The first failure; what could be done is done nevertheless.
    pub(crate) async fn tick(self: &Arc<Self>) -> Result<(), ChangeError> {
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

/// The keys that begin so.
pub(crate) fn beginning_with<'k>(
    keys: &'k BTreeSet<String>,
    prefix: &'k str,
) -> impl Iterator<Item = &'k String> {
    keys.range(prefix.to_owned()..).take_while(move |key| key.starts_with(prefix))
}

/// How all of them begin; they are ASCII.
fn common(prefixes: &[String]) -> &str {
    let Some((first, others)) = prefixes.split_first() else { return "" };
    let length = others.iter().fold(first.len(), |length, other| {
        let both = first.bytes().zip(other.bytes()).take(length);
        both.take_while(|(one, other)| one == other).count()
    });
    first.get(..length).unwrap_or_default()
}
