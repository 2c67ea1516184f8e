use std::collections::VecDeque;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::outcome::OutcomeId;

/// How many ids a backend's state remembers. An outcome that is reported again after 256 others with ids counts again.
pub const RECENT_IDS: usize = 256;

/// The ids of the outcomes and batches that were counted last, at most [`RECENT_IDS`].
///
/// In JSON one text: eight bytes for each id, the oldest first, in base64url. Full it is 2,731 characters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecentIds(VecDeque<u64>);

impl RecentIds {
    /// Whether nothing is remembered.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the id is remembered.
    #[must_use]
    pub fn contains(&self, id: OutcomeId) -> bool {
        self.0.contains(&id.0)
    }

    pub(super) fn remember(&mut self, id: OutcomeId) {
        while self.0.len() >= RECENT_IDS {
            self.0.pop_front();
        }
        self.0.push_back(id.0);
    }
}

impl Serialize for RecentIds {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let bytes: Vec<u8> = self.0.iter().flat_map(|id| id.to_be_bytes()).collect();
        serializer.serialize_str(&URL_SAFE_NO_PAD.encode(bytes))
    }
}

impl<'de> Deserialize<'de> for RecentIds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(D::Error::custom)?;
        let (ids, rest) = bytes.as_chunks::<8>();
        if !rest.is_empty() {
            return Err(D::Error::custom("the recent ids are not a multiple of eight bytes"));
        }
        let skipped = ids.len().saturating_sub(RECENT_IDS);
        Ok(Self(ids.iter().skip(skipped).map(|id| u64::from_be_bytes(*id)).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: usize) -> OutcomeId {
        OutcomeId::of("test", &number.to_string())
    }

    #[test]
    fn the_oldest_id_is_forgotten_for_the_newest() {
        let mut ids = RecentIds::default();
        (0..=RECENT_IDS).for_each(|number| ids.remember(id(number)));
        assert!(!ids.contains(id(0)));
        assert!(ids.contains(id(1)) && ids.contains(id(RECENT_IDS)));
    }

    #[test]
    fn ids_read_back_as_they_were_written() {
        let mut ids = RecentIds::default();
        (0..RECENT_IDS).for_each(|number| ids.remember(id(number)));
        let written = serde_json::to_string(&ids).unwrap();
        assert_eq!(written.len(), 2_733);
        assert_eq!(serde_json::from_str::<RecentIds>(&written).unwrap(), ids);
        assert!(serde_json::from_str::<RecentIds>("\"AAAA\"").is_err());
    }
}
