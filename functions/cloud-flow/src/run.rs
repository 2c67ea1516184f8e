//! What the store holds of a run that goes on.

use std::collections::BTreeMap;
use std::time::Duration;

use headgate_core::{Moment, Timestamp};
use serde::{Deserialize, Serialize};

/// Where the records are.
pub(crate) const RECORDS: &str = "cloud-flow/runs/";

/// A run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Run {
    /// The flow's name.
    pub flow: String,
    /// When it was sent.
    pub begun: Moment,
    /// How far it has come.
    pub phase: Phase,
    /// The headers by which Power Automate names it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub named: BTreeMap<String, String>,
}

/// How far a run has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "is")]
pub enum Phase {
    /// It was sent, and nobody has seen an answer: only a run whose caller named it is kept so.
    Sent,
    /// The flow goes on.
    Running {
        /// Where its answer will be, sealed by the run's id.
        location: String,
        /// Not before this is it asked for.
        due: Moment,
    },
    /// Its caller got an answer at once.
    Answered,
}

impl Run {
    /// Whether nobody can ask for it any more.
    #[must_use]
    pub fn is_old(&self, now: Timestamp, retention: Duration) -> bool {
        now.since(self.begun.timestamp()) >= retention
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        // Texts and numbers always serialise.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Reads a record; `None` when a later version wrote it.
    pub(crate) fn decode(value: &[u8]) -> Option<Self> {
        serde_json::from_slice(value).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_the_same_after_it_was_written_and_is_old_at_its_end() {
        let begun = Timestamp::from_secs(1_000);
        for phase in [
            Phase::Sent,
            Phase::Running { location: "x".into(), due: Timestamp::from_secs(1_005).into() },
            Phase::Answered,
        ] {
            let named = BTreeMap::from([("x-ms-workflow-run-id".to_owned(), "0858".to_owned())]);
            let run = Run { flow: "approve".into(), begun: begun.into(), phase, named };
            assert_eq!(Run::decode(&run.encode()), Some(run.clone()));
            let day = Duration::from_secs(86_400);
            assert!(!run.is_old(Timestamp::from_secs(87_399), day));
            assert!(run.is_old(Timestamp::from_secs(87_400), day));
        }
        assert_eq!(Run::decode(b"{}"), None);
    }
}
