use headgate_core::{RetryAfter, Timestamp};
use http::StatusCode;

use crate::backends::ErrorReason;
use crate::fingerprint::fingerprint;

/// How one call to a backend ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// What tells it from other outcomes of the backend, so that one that is reported twice counts once; `None` when
    /// nobody can report it twice.
    pub id: Option<OutcomeId>,
    /// When the response's head came, or when it was given up: by the clock of whoever measured it.
    pub at: Timestamp,
    /// The response's status; `None` when there was none.
    pub status: Option<StatusCode>,
    /// Why there was no usable response.
    pub error_reason: Option<ErrorReason>,
    /// The response's `Retry-After`.
    pub retry_after: Option<RetryAfter>,
}

/// What tells an outcome, or a batch of them, from others of the same backend: 64 bits made from its source and id.
///
/// By chance, two of the 256 that a state remembers coincide about once in 10¹⁴ states; one of them then does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct OutcomeId(pub(super) u64);

impl OutcomeId {
    /// Makes the id of what `source` calls `id`. Two sources may use the same ids.
    #[must_use]
    pub fn of(source: &str, id: &str) -> Self {
        Self(fingerprint(&[source, id]))
    }
}
