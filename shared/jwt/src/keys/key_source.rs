use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use headgate_core::{
    Clock, Diagnostics, KeyValue, KeyValueError, Severity, Swap, Timer, Timestamp, TraceContext,
};
use sha2::{Digest, Sha256};

use super::issuer::Issuer;
use super::record::{Answer, Moment, Record};
use super::refresh::{Cause, Need, Step, next_step};
use crate::discovery::{self, FetchError};
use crate::jwks::JwkSet;
use crate::ports::Ports;
use crate::secure_url::SecureUrl;

/// How long others wait for a fetch under way: both of its calls, each part of which may take five seconds.
const FLIGHT: Duration = Duration::from_secs(20);
/// How often a waiting request looks whether its own instance's fetch is done.
const GLANCE: Duration = Duration::from_millis(5);
/// How often a waiting or unlucky request looks into the shared store for what another instance did.
const SHARED_GLANCE: Duration = Duration::from_millis(50);
/// How often an unknown `kid` makes an instance look into the shared store while no fetch is allowed.
const SHARED_PAUSE: Duration = Duration::from_secs(5);
/// The shortest `Retry-After`.
const RETRY_AT_LEAST: Duration = Duration::from_secs(1);

/// The keys of one issuer, fetched by discovery and shared by all instances through the key-value store.
#[derive(Debug)]
pub struct KeySource {
    url: SecureUrl,
    key: String,
    held: Mutex<Held>,
}

/// What this instance knows.
#[derive(Debug, Default)]
struct Held {
    /// The past, and the fetch that another instance has under way.
    record: Record,
    /// Until when this instance's own fetch is waited for.
    own_flight_until: Option<Moment>,
    published: Option<Arc<PublishedKeys>>,
    shared_seen_at: Option<Timestamp>,
}

/// The shared record as it is in the store.
#[derive(Default)]
struct Shared {
    record: Record,
    /// The record's keys, when they are younger than this instance's.
    keys: Option<JwkSet>,
    /// The value to compare with; `None`: there is none.
    bytes: Option<Vec<u8>>,
}

/// Keys as an issuer published them.
#[derive(Debug)]
pub struct PublishedKeys {
    /// Whose tokens they sign.
    pub issuer: Issuer,
    /// The keys.
    pub jwks: JwkSet,
    fetched_at: Moment,
}

/// There are no keys, and none can be had now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeysUnavailable {
    /// When another attempt is made.
    pub retry_after: Duration,
}

impl KeySource {
    /// Makes the source for one discovery document.
    #[must_use]
    pub fn new(url: SecureUrl) -> Self {
        let digest = Sha256::digest(url.to_string());
        let key = digest
            .iter()
            .take(16)
            .fold("issuer-keys/".to_owned(), |key, byte| key + &format!("{byte:02x}"));
        Self { url, key, held: Mutex::default() }
    }

    /// The discovery document's address.
    #[must_use]
    pub const fn url(&self) -> &SecureUrl {
        &self.url
    }

    /// Gives the issuer's keys, fresh ones, or the last good ones while fresh ones cannot be had; and the time, which is
    /// later than `now` when they had to be waited for.
    ///
    /// # Errors
    ///
    /// [`KeysUnavailable`] when there have never been any.
    pub async fn keys(
        &self,
        now: Timestamp,
        ports: &impl Ports,
        trace: Option<TraceContext>,
    ) -> Result<(Arc<PublishedKeys>, Timestamp), KeysUnavailable> {
        self.obtain(Need::Keys, now, ports, trace).await
    }

    /// Gives keys other than `known`, which lacks a token's `kid`; `None` when there are none, at least for now.
    pub async fn newer_keys(
        &self,
        known: &PublishedKeys,
        ports: &impl Ports,
        trace: Option<TraceContext>,
    ) -> Option<Arc<PublishedKeys>> {
        let obtained =
            self.obtain(Need::NewerThan(known.fetched_at), ports.clock().now(), ports, trace).await;
        let keys = obtained.ok().map(|(keys, _)| keys);
        keys.filter(|keys| keys.fetched_at > known.fetched_at)
    }

    /// Fetches the keys if they will soon be old.
    ///
    /// # Errors
    ///
    /// [`KeysUnavailable`] when there have never been any and none came.
    pub async fn refresh_early(&self, ports: &impl Ports) -> Result<(), KeysUnavailable> {
        self.obtain(Need::Early, ports.clock().now(), ports, None).await.map(drop)
    }

    /// The keys that this instance holds, however old; nothing is fetched.
    #[must_use]
    pub fn known(&self) -> Option<Arc<PublishedKeys>> {
        self.held().published.clone()
    }

    async fn obtain(
        &self,
        need: Need,
        mut now: Timestamp,
        ports: &impl Ports,
        trace: Option<TraceContext>,
    ) -> Result<(Arc<PublishedKeys>, Timestamp), KeysUnavailable> {
        loop {
            match self.step(need, now) {
                Decided::Done(keys) => return Ok((keys, now)),
                Decided::GiveUp(wait) => {
                    return Err(KeysUnavailable { retry_after: wait.max(RETRY_AT_LEAST) });
                }
                Decided::Glance => ports.clock().sleep(GLANCE).await,
                Decided::LookAtShared => {
                    // A store that does not answer is reported by whoever fetches.
                    if let Ok(shared) = self.shared(ports).await {
                        self.adopt(shared);
                    }
                }
                Decided::Fetch(cause) => self.fly(cause, need, ports, trace).await,
            }
            now = ports.clock().now();
        }
    }

    /// Decides the next step; a fetch is begun in the same breath, so that one request alone begins it.
    fn step(&self, need: Need, now: Timestamp) -> Decided {
        let mut held = self.held();
        let shared_seen = |pause| held.shared_seen_at.is_some_and(|seen| now.since(seen) < pause);
        let own_flight = held.own_flight_until.filter(|until| now < until.timestamp());
        let step = match next_step(&held.record, need, now) {
            Step::Fetch(Cause::Stale) if own_flight.is_some() => Step::Serve,
            Step::Fetch(_) if own_flight.is_some() => Step::Await,
            step => step,
        };
        match (step, &held.published) {
            (Step::Serve, Some(keys)) => match need {
                Need::NewerThan(known)
                    if keys.fetched_at <= known && !shared_seen(SHARED_PAUSE) =>
                {
                    held.shared_seen_at = Some(now);
                    Decided::LookAtShared
                }
                _ => Decided::Done(Arc::clone(keys)),
            },
            (Step::Await, _) if own_flight.is_some() || shared_seen(SHARED_GLANCE) => {
                Decided::Glance
            }
            (Step::Await, _) => {
                held.shared_seen_at = Some(now);
                Decided::LookAtShared
            }
            (Step::GiveUp(wait), _) => Decided::GiveUp(wait),
            (Step::Serve, None) => Decided::GiveUp(Duration::ZERO),
            (Step::Fetch(cause), _) => {
                held.own_flight_until = Some(now.plus(FLIGHT).into());
                held.shared_seen_at = Some(now);
                Decided::Fetch(cause)
            }
        }
    }

    /// Fetches, unless another instance has done so or is about to.
    async fn fly(&self, cause: Cause, need: Need, ports: &impl Ports, trace: Option<TraceContext>) {
        let began = ports.clock().now();
        // A store that does not answer must not keep the issuer's keys away: this instance then goes alone.
        match self.shared(ports).await {
            Ok(shared) => {
                let (record, bytes) = (shared.record.clone(), shared.bytes.clone());
                self.adopt(shared);
                if !matches!(next_step(&record, need, began), Step::Fetch(_)) {
                    return self.end_flight();
                }
                let claimed = Record { flight_until: Some(began.plus(FLIGHT).into()), ..record };
                match self.claim(bytes.as_deref(), &claimed, ports).await {
                    Ok(Swap::Conflict) => return self.end_flight(),
                    Ok(Swap::Stored) => {}
                    Err(error) => report_store(ports, &error),
                }
            }
            Err(error) => report_store(ports, &error),
        }
        let known_uri = match cause {
            Cause::UnknownKid => self.held().record.answer.clone(),
            Cause::Missing | Cause::Stale => None,
        };
        let fetched = match known_uri {
            Some(known) => {
                discovery::fetch_jwks(&known.issuer, &known.jwks_uri, ports.http(), trace).await
            }
            None => discovery::fetch(&self.url, ports.http(), trace).await,
        };
        let record = self.conclude(cause, began, fetched, ports);
        if let Ok(bytes) = serde_json::to_vec(&record)
            && let Err(error) = ports.key_value().set(&self.key, &bytes).await
        {
            report_store(ports, &error);
        }
    }

    /// Takes a fetch's end into this instance's knowledge and gives the record for the others.
    fn conclude(
        &self,
        cause: Cause,
        began: Timestamp,
        fetched: Result<discovery::Fetched, FetchError>,
        ports: &impl Ports,
    ) -> Record {
        let now = ports.clock().now();
        let mut held = self.held();
        held.own_flight_until = None;
        held.record.flight_until = None;
        if cause == Cause::UnknownKid {
            held.record.unknown_kid_at = Some(began.into());
        }
        match fetched {
            Ok(fetched) => {
                // Never the same moment as before, by which waiting requests tell the new from the old.
                let before = held.record.answer.as_ref().map(|answer| answer.fetched_at);
                let fetched_at = Moment::from(now).after(before);
                held.published = Some(Arc::new(PublishedKeys {
                    issuer: Issuer::new(&fetched.issuer),
                    jwks: fetched.keys,
                    fetched_at,
                }));
                held.record.answer = Some(Answer {
                    issuer: fetched.issuer,
                    jwks_uri: fetched.jwks_uri,
                    jwks: fetched.jwks,
                    fetched_at,
                });
            }
            Err(error) => {
                held.record.failed_at = Some(now.into());
                ports.diagnostics().report(
                    Severity::Warning,
                    &format_args!("keys of {} were not fetched: {error}", self.url),
                );
            }
        }
        held.record.clone()
    }

    async fn claim(
        &self,
        expected: Option<&[u8]>,
        claimed: &Record,
        ports: &impl Ports,
    ) -> Result<Swap, KeyValueError> {
        let bytes = serde_json::to_vec(claimed)
            .map_err(|error| KeyValueError::Unavailable(error.to_string()))?;
        ports.key_value().compare_and_swap(&self.key, expected, &bytes).await
    }

    /// What the others know. A record that cannot be read is as good as none: the next fetch replaces it.
    async fn shared(&self, ports: &impl Ports) -> Result<Shared, KeyValueError> {
        let Some(bytes) = ports.key_value().get(&self.key).await? else {
            return Ok(Shared::default());
        };
        let record = Record::read(&bytes).unwrap_or_default();
        let known = self.held().record.answer.as_ref().map(|answer| answer.fetched_at);
        let keys = match &record.answer {
            Some(answer) if Some(answer.fetched_at) > known => {
                match JwkSet::parse(answer.jwks.as_bytes()) {
                    Ok(keys) => Some(keys),
                    Err(error) => {
                        ports.diagnostics().report(
                            Severity::Warning,
                            &format_args!("stored keys of {} are not usable: {error}", self.url),
                        );
                        return Ok(Shared { bytes: Some(bytes), ..Shared::default() });
                    }
                }
            }
            Some(_) | None => None,
        };
        Ok(Shared { record, keys, bytes: Some(bytes) })
    }

    /// Takes over what the others know and this instance does not.
    fn adopt(&self, Shared { record, keys, bytes: _ }: Shared) {
        let mut held = self.held();
        held.record.flight_until = record.flight_until;
        held.record.unknown_kid_at = held.record.unknown_kid_at.max(record.unknown_kid_at);
        held.record.failed_at = held.record.failed_at.max(record.failed_at);
        let known = held.record.answer.as_ref().map(|answer| answer.fetched_at);
        if let (Some(answer), Some(jwks)) = (record.answer, keys)
            && Some(answer.fetched_at) > known
        {
            let (issuer, fetched_at) = (Issuer::new(&answer.issuer), answer.fetched_at);
            held.published = Some(Arc::new(PublishedKeys { issuer, jwks, fetched_at }));
            held.record.answer = Some(answer);
        }
    }

    fn end_flight(&self) {
        self.held().own_flight_until = None;
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        // Held is replaced field by field with whole values: a panic elsewhere leaves it usable.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What this request does next.
enum Decided {
    Done(Arc<PublishedKeys>),
    GiveUp(Duration),
    Glance,
    LookAtShared,
    Fetch(Cause),
}

fn report_store(ports: &impl Ports, error: &KeyValueError) {
    ports.diagnostics().report(
        Severity::Warning,
        &format_args!("issuer keys are not shared with other instances: {error}"),
    );
}
