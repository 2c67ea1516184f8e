use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What came of one attempt to deliver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryOutcome {
    /// The sink has taken the event.
    Delivered,
    /// It has not, and it is worth trying again.
    Failed {
        /// What it came to.
        outcome: OutcomeName,
        /// The least time until the next attempt: for the answer's kind, or as its `Retry-After` says.
        least: Duration,
    },
    /// It has not, and never will.
    Refused {
        /// What it came to.
        outcome: OutcomeName,
    },
}

/// The names by which Event Grid calls what an attempt came to (contracts §3.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum OutcomeName {
    /// There is no such destination: 404, or a sink that is not configured any more.
    NotFound,
    /// The destination takes no events: 410, or a host that cannot reach sinks of its kind.
    Disabled,
    /// The destination is full: 507.
    Full,
    /// 401.
    Unauthorized,
    /// 400, another status of its class, or an event that cannot be said in the sink's form.
    BadRequest,
    /// No answer in time, or 408 or 504.
    TimedOut,
    /// 429, or an error of the destination's own.
    Busy,
    /// 413.
    PayloadTooLarge,
    /// The attempt ended with an answer that means nothing: a redirection, or a success that is none.
    Aborted,
    /// No connection, or it broke.
    SocketError,
    /// The attempt began, and nobody has said how it ended: whoever made it is still at it, or has died.
    Delivering,
    /// 403, or a host that the function may not call.
    Forbidden,
}

impl OutcomeName {
    /// The name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotFound => "NotFound",
            Self::Disabled => "Disabled",
            Self::Full => "Full",
            Self::Unauthorized => "Unauthorized",
            Self::BadRequest => "BadRequest",
            Self::TimedOut => "TimedOut",
            Self::Busy => "Busy",
            Self::PayloadTooLarge => "PayloadTooLarge",
            Self::Aborted => "Aborted",
            Self::SocketError => "SocketError",
            Self::Delivering => "Delivering",
            Self::Forbidden => "Forbidden",
        }
    }
}

impl fmt::Display for OutcomeName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}
