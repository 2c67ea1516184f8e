use std::collections::BTreeMap;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::recent_ids::RecentIds;
use super::rule_state::RuleState;
use crate::backends::RuleName;

/// What all instances know of a backend: the record that is written by compare-and-swap.
///
/// Nothing stored is the same as the default: every rule is closed. A rule with a full window takes about 400 bytes of
/// JSON, so a backend with 15 rules and all ids takes about 9 KB at most, and one that is healthy a few bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackendState {
    #[serde(rename = "v")]
    version: StateVersion,
    /// The rules that are known to be in some state other than the default.
    #[serde(rename = "r", default, skip_serializing_if = "BTreeMap::is_empty")]
    pub rules: BTreeMap<RuleName, RuleState>,
    /// The outcomes that were counted last.
    #[serde(rename = "i", default, skip_serializing_if = "RecentIds::is_empty")]
    pub recent: RecentIds,
}

/// The version of the record's shape: 1. A record of another version does not read, so that nobody overwrites what a
/// newer version wrote.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StateVersion;

impl StateVersion {
    const NUMBER: u32 = 1;
}

impl Serialize for StateVersion {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u32(Self::NUMBER)
    }
}

impl<'de> Deserialize<'de> for StateVersion {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match u32::deserialize(deserializer)? {
            Self::NUMBER => Ok(Self),
            other => Err(D::Error::custom(format_args!(
                "the record is of version {other}; this is version {}",
                Self::NUMBER
            ))),
        }
    }
}
