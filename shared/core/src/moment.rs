use std::time::Duration;

use crate::Timestamp;
use serde::{Deserialize, Serialize};

/// A moment in milliseconds since the epoch, as the store holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Moment(u64);

impl Moment {
    /// The moment as a clock tells it.
    #[must_use]
    pub const fn timestamp(self) -> Timestamp {
        Timestamp::since_epoch(Duration::from_millis(self.0))
    }
}

impl From<Timestamp> for Moment {
    fn from(timestamp: Timestamp) -> Self {
        Self(timestamp.as_millis())
    }
}
