use std::time::Duration;

use headgate_core::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::token::object;

/// What all instances know of one issuer's keys: the value in the key-value store.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
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

/// The most values that a record has.
const VALUE_LIMIT: usize = 64;

impl Record {
    /// Reads what [`Serialize`] wrote; `None` when it is something else.
    pub(super) fn read(json: &[u8]) -> Option<Self> {
        let record = object(json, VALUE_LIMIT).ok()?;
        let answer = match record.get("answer") {
            None | Some(Value::Null) => None,
            Some(answer) => Some(Answer::read(answer.as_object()?)?),
        };
        let moment = |name| match record.get(name) {
            None | Some(Value::Null) => Some(None),
            Some(_) => Moment::read(&record, name).map(Some),
        };
        Some(Self {
            answer,
            failed_at: moment("failed_at")?,
            unknown_kid_at: moment("unknown_kid_at")?,
            flight_until: moment("flight_until")?,
        })
    }
}

/// What an issuer answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
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

impl Answer {
    fn read(members: &Map<String, Value>) -> Option<Self> {
        let text = |name| members.get(name).and_then(Value::as_str).map(str::to_owned);
        Some(Self {
            issuer: text("issuer")?,
            jwks_uri: text("jwks_uri")?,
            jwks: text("jwks")?,
            fetched_at: Moment::read(members, "fetched_at")?,
        })
    }
}

/// A moment in milliseconds since the epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(super) struct Moment(u64);

impl Moment {
    fn read(members: &Map<String, Value>, name: &str) -> Option<Self> {
        members.get(name).and_then(Value::as_u64).map(Self)
    }

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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_record_is_read_as_it_was_written() {
        let moment: Moment = headgate_core::Timestamp::from_secs(1_000).into();
        let answer = Answer {
            issuer: "i".into(),
            jwks_uri: "u".into(),
            jwks: "{}".into(),
            fetched_at: moment,
        };
        for record in [
            Record::default(),
            Record { flight_until: Some(moment), ..Record::default() },
            Record { answer: Some(answer), failed_at: Some(moment), ..Record::default() },
        ] {
            assert_eq!(Record::read(&serde_json::to_vec(&record).unwrap()), Some(record));
        }
    }

    #[test]
    fn what_is_not_a_whole_record_is_none() {
        for record in [
            json!([]),
            json!({ "answer": "x" }),
            json!({ "answer": { "issuer": "i" } }),
            json!({ "failed_at": "soon" }),
            json!({ "unknown_kid_at": -1 }),
            json!({ "flight_until": {} }),
        ] {
            assert_eq!(Record::read(record.to_string().as_bytes()), None, "{record}");
        }
        assert_eq!(Record::read(b"{"), None);
    }
}
