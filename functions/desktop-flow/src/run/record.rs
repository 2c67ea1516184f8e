use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use headgate_core::{Moment, Random, Timestamp};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;

use super::failure_code::Failure;
use super::order::Order;
use super::outcome::Outcome;
use crate::guid::Guid;

/// A run: the one value by which all instances know how far it has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Run {
    /// A hash of the request, by which the same one is known.
    pub fingerprint: String,
    /// The environment's Dataverse.
    pub environment: String,
    /// How the callback's address begins: it is looked for by this, whatever is configured later.
    pub callbacks: String,
    /// How it ends.
    pub secret: CallbackSecret,
    /// What is to be run.
    pub order: Order,
    /// When it was asked for.
    pub created: Moment,
    /// How many starts were begun.
    #[serde(default)]
    pub attempts: u32,
    /// Whether somebody wants it stopped.
    #[serde(default, skip_serializing_if = "is_false")]
    pub cancel: bool,
    /// What was in the way last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// How far it has come.
    pub phase: Phase,
}

/// How far a run has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "is")]
pub enum Phase {
    /// Nothing was sent, or what was sent is known to have started nothing.
    Queued {
        /// When anybody may send it; before that it is left to whoever queued it.
        due: Moment,
    },
    /// Somebody is sending it: a robot may have been started.
    Sending {
        /// When that began.
        begun: Moment,
        /// After this nobody sends it any more.
        until: Moment,
    },
    /// It may have been sent, and nobody knows whether a robot was started.
    Doubtful {
        /// After this nobody sent it any more.
        since: Moment,
        /// When to look for its session again.
        next: Moment,
        /// How often that was done.
        looks: u32,
    },
    /// The robot was started.
    Started {
        /// The flow session.
        session: Guid,
        /// When that became known.
        at: Moment,
        /// When the session was read last.
        read: Moment,
        /// How often it was read.
        reads: u32,
        /// What it said then.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seen: Option<Seen>,
    },
    /// It is over.
    Finished {
        /// When that became known.
        at: Moment,
        /// How it ended.
        outcome: Outcome,
        /// The flow session, if there is one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        session: Option<Guid>,
        /// What it said last.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seen: Option<Seen>,
        /// Why it failed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        failure: Option<Failure>,
    },
}

/// What a flow session said of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Seen {
    /// `statuscode`.
    pub status: i32,
    /// `startedon`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_on: Option<String>,
    /// `completedon`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completed_on: Option<String>,
}

/// What nobody can guess of a callback's address. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallbackSecret(String);

const SECRET_BYTES: usize = 32;

impl CallbackSecret {
    /// Makes one.
    #[must_use]
    pub fn new(random: &impl Random) -> Self {
        let mut bytes = [0; SECRET_BYTES];
        random.fill(&mut bytes);
        Self(URL_SAFE_NO_PAD.encode(bytes))
    }

    /// Gives it out: for the callback's address alone.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether the text is it, in a time that does not tell how much of it is right.
    #[must_use]
    pub fn is(&self, text: &str) -> bool {
        self.0.as_bytes().ct_eq(text.as_bytes()).into()
    }
}

impl fmt::Debug for CallbackSecret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("CallbackSecret(…)")
    }
}

/// Where a run is started, and where Dataverse calls back about it.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "Run says it")]
pub struct Place {
    pub environment: String,
    pub callbacks: String,
    pub secret: CallbackSecret,
}

impl Run {
    /// Makes a run that whoever makes it is to send at once.
    #[must_use]
    pub fn new(order: Order, fingerprint: String, place: Place, now: Timestamp) -> Self {
        let Place { environment, callbacks, secret } = place;
        let due = now.plus(super::next_step::LEFT_TO_ITS_MAKER).into();
        Self {
            fingerprint,
            environment,
            callbacks,
            secret,
            order,
            created: now.into(),
            attempts: 0,
            cancel: false,
            note: None,
            phase: Phase::Queued { due },
        }
    }

    /// Where Dataverse calls back about the run of this id. The address holds the secret.
    #[must_use]
    pub fn callback(&self, id: &str) -> String {
        format!("{}{id}.{}", self.callbacks, self.secret.expose())
    }

    /// Whether it is over.
    #[must_use]
    pub const fn is_finished(&self) -> bool {
        matches!(self.phase, Phase::Finished { .. })
    }

    /// The flow session, once it is known.
    #[must_use]
    pub const fn session(&self) -> Option<&Guid> {
        match &self.phase {
            Phase::Started { session, .. } => Some(session),
            Phase::Finished { session, .. } => session.as_ref(),
            Phase::Queued { .. } | Phase::Sending { .. } | Phase::Doubtful { .. } => None,
        }
    }

    /// The name of its state, as callers see it.
    #[must_use]
    pub const fn state(&self) -> &'static str {
        match &self.phase {
            Phase::Queued { .. } => "queued",
            Phase::Sending { .. } => "starting",
            Phase::Doubtful { .. } => "uncertain",
            Phase::Started { .. } => "running",
            Phase::Finished { outcome, .. } => outcome.name(),
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
const fn is_false(flag: &bool) -> bool {
    !*flag
}
