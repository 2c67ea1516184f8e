use headgate_events::Recorded;

use crate::judging::BackendState;

/// A backend's record as it was in the store.
#[derive(Debug)]
pub(crate) struct Known {
    /// The record's bytes, for the next compare-and-swap; `None` when there was no record.
    pub(super) value: Option<Vec<u8>>,
    pub(super) record: Recorded<BackendState>,
}

impl Known {
    /// What all instances know of the backend.
    pub(crate) const fn state(&self) -> &BackendState {
        &self.record.state
    }
}
