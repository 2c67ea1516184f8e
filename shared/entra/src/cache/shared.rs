use std::time::Duration;

use headgate_core::{KeyValue, KeyValueError, Random, Secret, Swap, Timestamp};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::access_token::Times;
use crate::{AccessToken, SealingKeys};

/// What the instances of a function share of one token: a record in the key-value store, sealed for its key.
#[derive(Clone, Debug)]
pub(crate) struct Shared<'a> {
    pub(crate) keys: &'a SealingKeys,
    pub(crate) key: String,
    /// The name of this instance among the others.
    pub(crate) holder: &'a str,
}

/// A record as it is in the store.
#[derive(Debug, Default)]
pub(super) struct Record {
    pub(super) token: Option<AccessToken>,
    /// Who is asking, and until when that is believed.
    pub(super) flight: Option<(String, Timestamp)>,
    /// Until when nobody is to ask.
    pub(super) pause_until: Option<Timestamp>,
    /// The value to compare with; `None`: there is none.
    pub(super) bytes: Option<Vec<u8>>,
}

/// How long an instance that asks is waited for: as long as its attempts and the last of its calls may take.
pub(super) const LEASE: Duration = Duration::from_secs(40);

#[derive(Default, Deserialize, Serialize)]
struct Written<'a> {
    #[serde(borrow)]
    token: Option<WrittenToken<'a>>,
    holder: Option<String>,
    flight_until: Option<u64>,
    pause_until: Option<u64>,
}

/// Times are milliseconds since the epoch.
#[derive(Deserialize, Serialize)]
struct WrittenToken<'a> {
    value: &'a str,
    fetched_at: u64,
    refresh_at: u64,
    expires_at: u64,
}

impl Shared<'_> {
    /// Reads what the others know. A record that cannot be opened or read is as good as none: the next one replaces it.
    pub(super) async fn read(&self, store: &impl KeyValue) -> Result<Record, KeyValueError> {
        let Some(bytes) = store.get(&self.key).await? else {
            return Ok(Record::default());
        };
        let opened = self.keys.open(&self.key, &bytes);
        let record = opened.and_then(|plain| read(&plain)).unwrap_or_default();
        Ok(Record { bytes: Some(bytes), ..record })
    }

    /// Claims the right to ask, and gives the record that says so; `None` when another instance was quicker.
    pub(super) async fn claim(
        &self,
        record: &Record,
        now: Timestamp,
        store: &impl KeyValue,
        random: &impl Random,
    ) -> Result<Option<Vec<u8>>, KeyValueError> {
        let until = now.plus(LEASE).as_millis();
        let written = Written {
            token: record.token.as_ref().map(written),
            holder: Some(self.holder.to_owned()),
            flight_until: Some(until),
            pause_until: None,
        };
        let sealed = self.sealed(&written, random)?;
        let swap = store.compare_and_swap(&self.key, record.bytes.as_deref(), &sealed).await?;
        Ok((swap == Swap::Stored).then_some(sealed))
    }

    /// Ends the flight for the others: with a token, or with a pause. Nothing is written where the claim is no longer there:
    /// another instance has taken over, or the tokens were forgotten.
    pub(super) async fn write(
        &self,
        claimed: &[u8],
        token: Option<&AccessToken>,
        pause_until: Option<Timestamp>,
        store: &impl KeyValue,
        random: &impl Random,
    ) -> Result<(), KeyValueError> {
        let pause_until = pause_until.map(Timestamp::as_millis);
        let record = Written { token: token.map(written), pause_until, ..Written::default() };
        let sealed = self.sealed(&record, random)?;
        store.compare_and_swap(&self.key, Some(claimed), &sealed).await.map(drop)
    }

    fn sealed(&self, record: &Written<'_>, random: &impl Random) -> Result<Vec<u8>, KeyValueError> {
        // Room for the longest token: a text that grows leaves copies of itself behind.
        let mut plain = Zeroizing::new(Vec::with_capacity(16 * 1024));
        let unwritten = |_| KeyValueError::Unavailable("a record cannot be written".to_owned());
        serde_json::to_writer(&mut *plain, record).map_err(unwritten)?;
        let sealed = self.keys.seal(&self.key, &plain, random);
        sealed.ok_or_else(|| KeyValueError::Unavailable("a record cannot be sealed".to_owned()))
    }
}

fn written(token: &AccessToken) -> WrittenToken<'_> {
    let times = token.times();
    WrittenToken {
        value: token.expose(),
        fetched_at: times.fetched_at.as_millis(),
        refresh_at: times.refresh_at.as_millis(),
        expires_at: times.expires_at.as_millis(),
    }
}

fn read(plain: &[u8]) -> Option<Record> {
    let moment = |millis| Timestamp::since_epoch(Duration::from_millis(millis));
    // A token's text has no escapes, so it is read where it stands and copied once.
    let written: Written<'_> = serde_json::from_slice(plain).ok()?;
    let token = written.token.and_then(|token| {
        let times = Times {
            fetched_at: moment(token.fetched_at),
            refresh_at: moment(token.refresh_at),
            expires_at: moment(token.expires_at),
        };
        AccessToken::new(Secret::new(token.value), times)
    });
    let flight = written.holder.zip(written.flight_until.map(moment));
    Some(Record { token, flight, pause_until: written.pause_until.map(moment), bytes: None })
}
