use headgate_core::{HttpError, Timestamp};
use headgate_events::delivery::{DeliveryOutcome, OutcomeName, Schedule, classify, classify_error};
use http::{HeaderMap, StatusCode};

/// What came of running a handler.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// What it came to.
    pub outcome: DeliveryOutcome,
    /// The status of the answer, if there was one.
    pub status: Option<u16>,
}

impl Verdict {
    /// Judges an answer as Event Grid does.
    #[must_use]
    pub fn of_answer(status: StatusCode, headers: &HeaderMap, now: Timestamp) -> Self {
        Self { outcome: classify(status, headers, now), status: Some(status.as_u16()) }
    }

    /// Judges that there was no answer.
    #[must_use]
    pub const fn of_error(error: &HttpError) -> Self {
        Self { outcome: classify_error(error), status: None }
    }

    /// Says that no attempt could be made.
    #[must_use]
    pub const fn failed(outcome: OutcomeName) -> Self {
        let outcome = DeliveryOutcome::Failed { outcome, least: Schedule::LEAST };
        Self { outcome, status: None }
    }

    /// Says that the event is in the outbox, which delivers it.
    #[must_use]
    pub const fn published() -> Self {
        Self { outcome: DeliveryOutcome::Delivered, status: None }
    }
}
