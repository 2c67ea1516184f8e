use std::time::Duration;

use headgate_core::Timestamp;
use serde::{Deserialize, Serialize};

/// What all instances know of one issuer's keys: the value in the key-value store.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Record {
    /// The last good answer.
    pub(super) answer: Option<Answer>,
    /// When a fetch last failed; of no account when the answer is younger.
    pub(super) failed_at: Option<Moment>,
    /// When the last fetch that an unknown `kid` caused began.
    pub(super) unknown_kid_at: Option<Moment>,
    /// Until when a fetch under way is waited for.
    pub(super) flight_until: Option<Moment>,
}

/// What an issuer answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Answer {
    /// `issuer` of the discovery document.
    pub(super) issuer: String,
    /// `jwks_uri` of the discovery document.
    pub(super) jwks_uri: String,
    /// The JWK Set as it came.
    pub(super) jwks: String,
    /// When it came.
    pub(super) fetched_at: Moment,
}

/// A moment in milliseconds since the epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Moment(u64);

impl Moment {
    pub(super) fn timestamp(self) -> Timestamp {
        Timestamp::since_epoch(Duration::from_millis(self.0))
    }
}

impl From<Timestamp> for Moment {
    fn from(timestamp: Timestamp) -> Self {
        Self(timestamp.as_millis())
    }
}

impl Moment {
    /// This moment, or the one right after `other` if this is not later.
    pub(super) fn after(self, other: Option<Self>) -> Self {
        other.map_or(self, |other| self.max(Self(other.0.saturating_add(1))))
    }
}
