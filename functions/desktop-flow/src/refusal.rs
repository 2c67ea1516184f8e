//! Every way in which the function says no, and the one match that chooses a status.

use std::time::Duration;

use headgate_core::idempotency_key::NotAKey;
use headgate_core::reply::with_outcome;
use headgate_core::{Body, Problem};
use headgate_events::ChangeError;
use http::{Response, StatusCode};

use crate::connections::ConnectionError;
use crate::dataverse::CallError;
use crate::inputs::InputsError;
use crate::request::RequestError;

/// Why a request is not answered as it was meant. The text is what the caller is told.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    /// The request is none.
    #[error("{0}")]
    Request(#[from] RequestError),
    /// The header is none.
    #[error("{0}")]
    IdempotencyKey(#[from] NotAKey),
    /// The key belongs to another request.
    #[error(
        "this Idempotency-Key came with another request before: use another key for another run"
    )]
    KeyReused,
    /// There is no such flow.
    #[error(
        "there is no published desktop flow of this id or name that is shared with this function: GET /flows shows those that are"
    )]
    FlowUnknown,
    /// There are several.
    #[error("several desktop flows have this name: use the id, which GET /flows shows")]
    FlowAmbiguous,
    /// The inputs do not fit.
    #[error("{0}")]
    Inputs(#[from] InputsError),
    /// There is no such run.
    #[error("there is no such run, or it ended too long ago")]
    RunUnknown,
    /// A parameter of the query is none.
    #[error("{0}")]
    Query(&'static str),
    /// Nobody waits for this callback.
    #[error("nobody waits for this callback")]
    CallbackUnknown,
    /// Too many called back where nobody waits.
    #[error("too many callbacks that nobody waits for: try again in a minute")]
    CallbacksTooMany,
    /// The session could not be read, or has not ended.
    #[error("the session cannot be read at this moment, or has not ended")]
    CallbackEarly,
    /// A connection is not as it should be.
    #[error("{0}")]
    Connection(#[from] ConnectionError),
    /// The service did not do it.
    #[error("{}", told(.0))]
    Service(#[from] CallError),
    /// The store does not answer.
    #[error(
        "the store does not answer: ask again with the same Idempotency-Key, nothing is started twice"
    )]
    Store(#[from] ChangeError),
}

/// What a caller is told of a failed call: the service's own words too.
fn told(error: &CallError) -> String {
    match error {
        CallError::Refused { message, .. } if !message.is_empty() => {
            let message: String = message.chars().take(1_000).collect();
            format!("{error}: {message}")
        }
        other => other.to_string(),
    }
}

impl From<headgate_core::KeyValueError> for Refusal {
    fn from(error: headgate_core::KeyValueError) -> Self {
        Self::Store(error.into())
    }
}

impl Refusal {
    /// The status.
    pub(crate) const fn status(&self) -> StatusCode {
        match self {
            Self::Request(RequestError::InputsTooLong) | Self::Inputs(InputsError::TooLong) => {
                StatusCode::PAYLOAD_TOO_LARGE
            }
            Self::Request(
                RequestError::Malformed(_)
                | RequestError::Name(_)
                | RequestError::Connection
                | RequestError::Timeout
                | RequestError::Wait,
            )
            | Self::IdempotencyKey(_)
            | Self::Query(_) => StatusCode::BAD_REQUEST,
            Self::KeyReused
            | Self::Inputs(
                InputsError::Unknown { .. }
                | InputsError::Type { .. }
                | InputsError::Missing { .. },
            ) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::FlowUnknown | Self::RunUnknown | Self::CallbackUnknown => StatusCode::NOT_FOUND,
            Self::FlowAmbiguous => StatusCode::CONFLICT,
            Self::CallbacksTooMany | Self::CallbackEarly | Self::Store(_) => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::Connection(error) => error.status(),
            Self::Service(error) => match error {
                CallError::Throttled { .. } | CallError::NotSent(_) | CallError::Lost(_) => {
                    StatusCode::SERVICE_UNAVAILABLE
                }
                CallError::Token(error) if error.is_temporary() => StatusCode::SERVICE_UNAVAILABLE,
                CallError::Token(_)
                | CallError::Refused { .. }
                | CallError::Failed { .. }
                | CallError::Unusable => StatusCode::BAD_GATEWAY,
            },
        }
    }

    /// The name in the log.
    pub(crate) const fn reason(&self) -> &'static str {
        match self {
            Self::Request(_) => "RequestInvalid",
            Self::IdempotencyKey(_) => "IdempotencyKeyInvalid",
            Self::KeyReused => "IdempotencyKeyReused",
            Self::FlowUnknown => "FlowUnknown",
            Self::FlowAmbiguous => "FlowAmbiguous",
            Self::Inputs(_) => "InputsInvalid",
            Self::RunUnknown => "RunUnknown",
            Self::Query(_) => "QueryInvalid",
            Self::CallbackUnknown => "CallbackUnknown",
            Self::CallbacksTooMany => "CallbacksTooMany",
            Self::CallbackEarly => "CallbackEarly",
            Self::Connection(error) => error.name(),
            Self::Service(error) => match error {
                CallError::Token(error) => error.name(),
                CallError::NotSent(_) => "ServiceUnreachable",
                CallError::Lost(_) => "ServiceLost",
                CallError::Throttled { .. } => "ServiceThrottled",
                CallError::Refused { .. } => "ServiceRefused",
                CallError::Failed { .. } => "ServiceFailed",
                CallError::Unusable => "ServiceUnusable",
            },
            Self::Store(_) => "StoreUnavailable",
        }
    }

    const fn title(&self) -> &'static str {
        match self {
            Self::Request(_) | Self::IdempotencyKey(_) | Self::Query(_) => "the request is invalid",
            Self::KeyReused => "the key belongs to another request",
            Self::FlowUnknown => "there is no such flow",
            Self::FlowAmbiguous => "the flow's name is not unique",
            Self::Inputs(_) => "the inputs do not fit the flow",
            Self::RunUnknown => "there is no such run",
            Self::CallbackUnknown => "there is no such callback",
            Self::CallbacksTooMany => "too many callbacks",
            Self::CallbackEarly => "the run has not ended",
            Self::Connection(error) => error.title(),
            Self::Service(_) => "the service did not do it",
            Self::Store(_) => "the store does not answer",
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Service(CallError::Throttled { retry_after, .. }) => {
                Some(retry_after.unwrap_or(Duration::from_secs(10)))
            }
            Self::Service(CallError::Token(error)) => error.retry_after(),
            Self::CallbacksTooMany => Some(Duration::from_secs(60)),
            Self::CallbackEarly => Some(Duration::from_secs(1)),
            Self::Store(_) => Some(Duration::from_secs(10)),
            _ => None,
        }
    }

    /// Makes the response.
    pub(crate) fn into_response(self, route: &'static str) -> Response<Body> {
        let problem = Problem::new(self.status(), self.title()).detail(self.to_string());
        let response = problem.retry_after(self.retry_after()).into_response();
        with_outcome(response, route, self.reason())
    }
}
