use headgate_core::{Moment, Random, Timestamp};
use headgate_events::{Event, EventErrorKind, Eventful};
use serde::{Deserialize, Serialize};

use super::event::event;
use super::work::{Bringer, One, Work};

/// A relay: the one value by which all instances know how far it has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Relay {
    /// A hash of the request, by which the same one is known.
    pub fingerprint: String,
    /// When it was asked for.
    pub created: Moment,
    /// When it was begun.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started: Option<Moment>,
    /// When it came to its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<Moment>,
    /// How far it is.
    pub state: State,
    /// Whether somebody wants it stopped.
    #[serde(default, skip_serializing_if = "is_false")]
    pub cancel: bool,
    /// Who works on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lease: Option<Lease>,
    /// When it is tried again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<Moment>,
    /// How often something was tried.
    #[serde(default)]
    pub attempts: u32,
    /// How often in a row it failed without coming any further.
    #[serde(default)]
    pub failures: u32,
    /// What was in the way last, or why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    /// The relay of many files that it is one of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// What is done.
    pub work: Work,
}

/// How far a relay is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum State {
    /// Nothing was done.
    Queued,
    /// Somebody works on it, or will go on with it.
    Running,
    /// The file arrived as it left.
    Succeeded,
    /// An identical file was there.
    Skipped,
    /// It did not arrive.
    Failed,
    /// Somebody stopped it.
    Cancelled,
}

impl State {
    /// The name, as a receipt shows it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::Skipped => "skipped",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether nothing follows.
    #[must_use]
    pub const fn is_final(self) -> bool {
        match self {
            Self::Queued | Self::Running => false,
            Self::Succeeded | Self::Skipped | Self::Failed | Self::Cancelled => true,
        }
    }

    /// The type of the event that tells it.
    #[must_use]
    pub const fn event_type(self) -> Option<&'static str> {
        match self {
            Self::Queued | Self::Running => None,
            Self::Succeeded => Some("dev.headgate.file-relay.relay.succeeded"),
            Self::Skipped => Some("dev.headgate.file-relay.relay.skipped"),
            Self::Failed => Some("dev.headgate.file-relay.relay.failed"),
            Self::Cancelled => Some("dev.headgate.file-relay.relay.cancelled"),
        }
    }
}

/// Who works on a relay, and until when others leave it alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// Whoever it is.
    pub owner: String,
    /// The end.
    pub until: Moment,
}

/// Why a relay failed, or what was in its way last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// A word for machines.
    pub code: String,
    /// A sentence that says what to fix.
    pub message: String,
}

impl Failure {
    pub(crate) fn new(code: &str, message: impl Into<String>) -> Self {
        Self { code: code.to_owned(), message: message.into() }
    }
}

impl Relay {
    /// Makes a relay that is yet to begin.
    #[must_use]
    pub fn new(work: Work, fingerprint: String, now: Timestamp) -> Self {
        Self {
            fingerprint,
            created: now.into(),
            started: None,
            ended: None,
            state: State::Queued,
            cancel: false,
            lease: None,
            next: None,
            attempts: 0,
            failures: 0,
            failure: None,
            parent: None,
            work,
        }
    }

    /// Whether somebody may begin to work on it.
    #[must_use]
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.is_free(now) && self.next.is_none_or(|next| next.timestamp() <= now || self.cancel)
    }

    /// Whether nobody works on it, and it is not over.
    #[must_use]
    pub fn is_free(&self, now: Timestamp) -> bool {
        let is_free = self.lease.as_ref().is_none_or(|lease| lease.until.timestamp() <= now);
        !self.state.is_final() && is_free
    }

    /// Whether its content comes in requests, and is not to be had again.
    #[must_use]
    pub fn is_brought(&self) -> bool {
        matches!(&self.work, Work::One(one) if one.bringer != Bringer::Place)
    }

    /// Whether it did not arrive, and can be tried again.
    #[must_use]
    pub fn may_begin_again(&self) -> bool {
        matches!(self.state, State::Failed | State::Cancelled) && !self.is_brought()
    }

    /// Puts it back to its beginning.
    pub fn begin_again(&mut self) {
        self.state = State::Queued;
        self.ended = None;
        self.cancel = false;
        self.failure = None;
        match &mut self.work {
            Work::One(one) => {
                let begun = one.begun;
                **one = One::new(one.order.clone(), one.bringer);
                one.begun = begun;
            }
            Work::Many(many) => many.is_again = true,
        }
    }

    /// Counts that whoever worked on it never came back.
    pub fn count_loss(&mut self) {
        let Work::One(one) = &mut self.work else { return };
        if one.comes_further() {
            self.failures = 0;
        }
        self.failures = self.failures.saturating_add(1);
        self.failure = Some(Failure::new(
            "WorkLost",
            "the work broke off in the middle: give the host more time or memory, or set time_limit_seconds below its limit",
        ));
    }

    /// Ends it.
    pub fn end(&mut self, state: State, failure: Option<Failure>, now: Timestamp) {
        self.state = state;
        self.failure = failure;
        self.ended = Some(now.into());
        self.lease = None;
        self.next = None;
        if let Work::One(one) = &mut self.work {
            // What is needed to go on is not needed any more, and may hold a secret address.
            one.give_up();
        }
    }
}

/// A relay that comes to its end does so together with its event.
impl Eventful for Relay {
    fn event(
        &self,
        next: &Self,
        id: &str,
        from: (&str, &impl Random),
        now: Timestamp,
    ) -> Result<Option<Event>, EventErrorKind> {
        match next.state.event_type() {
            Some(kind) if !self.state.is_final() => event(id, next, kind, from, now).map(Some),
            _ => Ok(None),
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
const fn is_false(flag: &bool) -> bool {
    !*flag
}
