use serde::{Deserialize, Serialize};

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Outcome {
    /// The robot did its work.
    Succeeded,
    /// It did not, or was never started.
    Failed,
    /// Somebody stopped it.
    Cancelled,
    /// It took too long.
    TimedOut,
    /// Nobody can say whether it was started, or how it ended.
    Uncertain,
}

impl Outcome {
    /// The name, as a run's `state` shows it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::TimedOut => "timedOut",
            Self::Uncertain => "uncertain",
        }
    }

    /// The type of the event that tells it.
    #[must_use]
    pub const fn event_type(self) -> &'static str {
        match self {
            Self::Succeeded => "dev.headgate.desktop-flow.run.succeeded",
            Self::Failed => "dev.headgate.desktop-flow.run.failed",
            Self::Cancelled => "dev.headgate.desktop-flow.run.cancelled",
            Self::TimedOut => "dev.headgate.desktop-flow.run.timed-out",
            Self::Uncertain => "dev.headgate.desktop-flow.run.uncertain",
        }
    }
}
