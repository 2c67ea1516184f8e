use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use headgate_core::{Clock, Timestamp};
use headgate_fakes::ManualClock;
use headgate_native::SystemClock;
use serde_json::Value;

use crate::forge::{Placeholders, Recipe, secret};
use crate::host::AUTHORITY;

/// What stands for `${…}` in a case's files; a clone shares what was learned.
///
/// | placeholder | stands for |
/// | --- | --- |
/// | `${peer:NAME}`, `${host:NAME}` | a peer's address, and without its `http://` |
/// | `${file:NAME}` | the path of a file in the folder of this run; there need be none |
/// | `${now}`, `${now+300}`, `${now-60}` | a moment by the function's clock, in seconds, as RFC 3339 |
/// | `${epoch}`, `${epoch+300}`, `${epoch-60}` | the same in seconds since the epoch |
/// | `${id:NAME}` | the text that an answer or a peer had in this place before |
/// | `${repeat:COUNT:TEXT}` | the text so many times |
/// | `${hex:LENGTH:NAME}` | the first bytes of a secret that the tests make, hexadecimal |
/// | `${issuer}`, `${token}` | the identity provider of the cases and the case's token, where there is a `token.json` |
///
/// Those of [`Placeholders`] stand here for the same.
#[derive(Clone, Debug)]
pub(super) struct Names {
    peers: Arc<BTreeMap<String, SocketAddr>>,
    clock: Option<ManualClock>,
    learned: Arc<Mutex<BTreeMap<String, String>>>,
    folder: Arc<Path>,
    forged: Arc<Placeholders>,
}

impl Names {
    /// Makes the names of a case without peers, whose files are in `folder`; without a clock time is the system's.
    pub(super) fn new(clock: Option<ManualClock>, folder: &Path) -> Self {
        let (peers, learned, forged) = Default::default();
        Self { peers, clock, learned, folder: folder.into(), forged }
    }

    /// Adds a token, and who issued it.
    pub(super) fn with_token(mut self, recipe: &Recipe) -> Self {
        let issuer = Placeholders { issuer: AUTHORITY.clone(), token: None };
        let token = Some(recipe.make(&issuer, self.now().as_secs()));
        self.forged = Arc::new(Placeholders { token, ..issuer });
        self
    }

    /// Adds the peers' addresses.
    pub(super) fn with_peers(mut self, peers: BTreeMap<String, SocketAddr>) -> Self {
        self.peers = Arc::new(peers);
        self
    }

    /// The path of the case's file of this name: an absolute one is its own.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.as_ref().map_or_else(|| SystemClock.now(), Clock::now)
    }

    /// How far a time may be from the one that is told: nothing when the clock stands still.
    pub(super) fn tolerance(&self) -> Duration {
        Duration::from_secs(if self.clock.is_some() { 0 } else { 60 })
    }

    pub(super) fn learned(&self) -> MutexGuard<'_, BTreeMap<String, String>> {
        self.learned.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn clock(&self) -> Option<&ManualClock> {
        self.clock.as_ref()
    }

    /// Replaces every placeholder in `text`.
    ///
    /// # Panics
    ///
    /// When there is one that the table does not have.
    pub(super) fn fill(&self, text: &str) -> String {
        let mut filled = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            let (name, after) = after.split_once('}').expect("a placeholder is closed");
            filled.push_str(before);
            filled.push_str(&self.value(name));
            rest = after;
        }
        filled + rest
    }

    /// Replaces every placeholder in the texts of `value`.
    pub(super) fn fill_all(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.fill(text)),
            Value::Array(items) => items.iter().map(|item| self.fill_all(item)).collect(),
            Value::Object(members) => {
                let filled =
                    members.iter().map(|(name, value)| (name.clone(), self.fill_all(value)));
                Value::Object(filled.collect())
            }
            other => other.clone(),
        }
    }

    /// The moment that `now`, `now+300` or `now-60` names.
    pub(super) fn moment(&self, text: &str) -> Option<Timestamp> {
        let (now, rest) = (self.now().as_secs(), text.strip_prefix("now")?);
        let seconds = match rest.split_at_checked(1) {
            None => now,
            Some(("+", seconds)) => now + seconds.parse::<u64>().ok()?,
            Some(("-", seconds)) => now - seconds.parse::<u64>().ok()?,
            Some(_) => return None,
        };
        Some(Timestamp::from_secs(seconds))
    }

    /// The moment that `epoch`, `epoch+300` or `epoch-60` names.
    pub(super) fn since_epoch(&self, text: &str) -> Option<Timestamp> {
        self.moment(&format!("now{}", text.strip_prefix("epoch")?))
    }

    fn value(&self, name: &str) -> String {
        if let Some(moment) = self.moment(name) {
            return moment.to_string();
        }
        if let Some(moment) = self.since_epoch(name) {
            return moment.as_secs().to_string();
        }
        let (kind, rest) = name.split_once(':').unwrap_or((name, ""));
        let peer = || *self.peers.get(rest).unwrap_or_else(|| panic!("there is no peer {rest}"));
        let two = || rest.split_once(':').expect("a placeholder with two parts");
        match kind {
            "peer" => format!("http://{}", peer()),
            "host" => peer().to_string(),
            "file" => self.path(rest).to_str().expect("a path in UTF-8").to_owned(),
            "id" => self
                .learned()
                .get(rest)
                .cloned()
                .unwrap_or_else(|| panic!("{rest} is not known yet")),
            "repeat" => two().1.repeat(two().0.parse().expect("a count")),
            "hex" => {
                let (length, name) = two();
                let bytes = &secret(name)[..length.parse().expect("a length")];
                bytes.iter().map(|byte| format!("{byte:02x}")).collect()
            }
            "issuer" => {
                assert!(self.forged.token.is_some(), "the case has no token.json");
                self.forged.issuer.clone()
            }
            _ => self.forged.value(name),
        }
    }
}

/// The bytes that a file has in base64.
///
/// # Panics
///
/// When it is none.
pub(super) fn bytes(base64: &str) -> Bytes {
    STANDARD.decode(base64).expect("base64").into()
}
