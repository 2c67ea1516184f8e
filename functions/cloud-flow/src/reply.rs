//! Every way in which a call comes to nothing, and the one place that chooses a status.

use std::collections::BTreeMap;
use std::time::Duration;

use headgate_core::reply::problem;
use headgate_core::{Body, HttpError, retry_after_seconds};
use headgate_entra::TokenError;
use http::header::RETRY_AFTER;
use http::{HeaderValue, Response, StatusCode};

use crate::caller_answer::put_named;
use crate::flows::Flow;
use crate::location::LocationRefused;
use crate::refusal::Refusal;

/// Why there is no answer of a flow.
#[derive(Debug)]
pub(crate) enum Failure {
    /// There is no token to call with.
    Token(TokenError),
    /// There was no connection: nothing was sent.
    Unreachable(HttpError),
    /// The caller's own request broke off.
    RequestBroken,
    /// The flow did not begin its answer in time.
    TimedOut,
    /// The connection was lost.
    Lost,
    /// Power Automate said why.
    Refused { refusal: Refusal, retry_after: Option<Duration>, named: BTreeMap<String, String> },
    /// It answered with a redirect, which no flow can (contracts §3.3).
    Redirected,
    /// The run goes on, and its answer is not fetched where it says.
    Location(LocationRefused),
    /// The run goes on, and the store does not take its record.
    NotKept,
}

impl Failure {
    /// Whether it is certain that no run began.
    pub(crate) const fn is_before_the_run(&self) -> bool {
        match self {
            Self::Token(_) | Self::Unreachable(_) => true,
            Self::Refused { refusal, .. } => refusal.is_before_the_run(),
            Self::RequestBroken
            | Self::TimedOut
            | Self::Lost
            | Self::Redirected
            | Self::Location(_)
            | Self::NotKept => false,
        }
    }

    /// What the log learns; `None` where that is not the operator's affair. No address is in it.
    pub(crate) fn for_the_log(&self, flow: &Flow) -> Option<String> {
        let said = match self {
            Self::Token(error) => error.to_string(),
            Self::Unreachable(HttpError::NotAllowed(_)) => {
                "its host may not be called: add it to the allowed outbound hosts".to_owned()
            }
            Self::Unreachable(_) => "its host cannot be reached".to_owned(),
            Self::Refused { refusal, .. } => refusal.advice(&flow.caller).to_owned(),
            Self::Location(error) => error.to_string(),
            Self::Redirected => "it answered with a redirect".to_owned(),
            Self::NotKept => "the store does not take the record of a run that goes on".to_owned(),
            Self::TimedOut | Self::Lost | Self::RequestBroken => return None,
        };
        Some(format!("flow {}: {said}", flow.name))
    }

    const fn status(&self) -> StatusCode {
        match self {
            Self::Token(error) if error.is_temporary() => StatusCode::SERVICE_UNAVAILABLE,
            Self::RequestBroken => StatusCode::BAD_REQUEST,
            Self::TimedOut => StatusCode::GATEWAY_TIMEOUT,
            Self::Refused { refusal, .. } => match refusal {
                Refusal::Throttled => StatusCode::TOO_MANY_REQUESTS,
                Refusal::TookTooLong => StatusCode::GATEWAY_TIMEOUT,
                Refusal::SignatureRequired
                | Refusal::TokensNotTaken
                | Refusal::ClaimsNotTaken
                | Refusal::SignatureWrong
                | Refusal::NotAuthorized
                | Refusal::FlowAbsent
                | Refusal::NoAnswer
                | Refusal::Failed => StatusCode::BAD_GATEWAY,
            },
            Self::NotKept => StatusCode::SERVICE_UNAVAILABLE,
            Self::Token(_)
            | Self::Unreachable(_)
            | Self::Lost
            | Self::Redirected
            | Self::Location(_) => StatusCode::BAD_GATEWAY,
        }
    }

    const fn name(&self) -> &'static str {
        match self {
            Self::Token(error) => error.name(),
            Self::Unreachable(_) => "FlowUnreachable",
            Self::RequestBroken => "BodyNotRead",
            Self::TimedOut => "FlowTimedOut",
            Self::Lost => "FlowConnectionLost",
            Self::Refused { refusal, .. } => match refusal {
                Refusal::SignatureRequired => "FlowSignatureRequired",
                Refusal::TokensNotTaken => "FlowTokensNotTaken",
                Refusal::ClaimsNotTaken => "FlowClaimsNotTaken",
                Refusal::SignatureWrong => "FlowSignatureWrong",
                Refusal::NotAuthorized => "FlowNotAuthorized",
                Refusal::FlowAbsent => "FlowAbsent",
                Refusal::Throttled => "FlowThrottled",
                Refusal::NoAnswer => "FlowNoAnswer",
                Refusal::TookTooLong => "FlowTookTooLong",
                Refusal::Failed => "FlowFailed",
            },
            Self::Redirected => "FlowRedirected",
            Self::Location(_) => "FlowLocationRefused",
            Self::NotKept => "RunNotKept",
        }
    }

    fn detail(&self, flow: &Flow) -> String {
        match self {
            Self::Token(_) => {
                "there is no token to call the flow with; the function's log says why".to_owned()
            }
            Self::Unreachable(_) => {
                "the flow's host cannot be reached; nothing was sent: try again later".to_owned()
            }
            Self::RequestBroken => "body broke off".to_owned(),
            Self::TimedOut => format!(
                "the flow did not answer within {} seconds; it may have run",
                flow.timeout.first_byte.as_secs()
            ),
            Self::Lost => "the connection to the flow was lost; it may have run".to_owned(),
            Self::Refused { refusal, .. } => refusal.advice(&flow.caller).to_owned(),
            Self::Redirected => {
                "the flow's address answered with a redirect, which is not followed".to_owned()
            }
            Self::Location(error) => format!("the flow goes on, but the {error}"),
            Self::NotKept => {
                "the flow goes on, but its answer cannot be had here: the store does not answer; send it again only if it may run twice"
                    .to_owned()
            }
        }
    }

    /// The answer to the caller.
    pub(crate) fn reply(&self, flow: &Flow, route: &'static str) -> Response<Body> {
        let title = "the flow was not called, or has not answered";
        let mut response = problem(self.status(), title, self.detail(flow), (route, self.name()));
        let retry_after = match self {
            Self::Token(error) => error.retry_after(),
            Self::Refused { retry_after, named, .. } => {
                put_named(response.headers_mut(), named);
                *retry_after
            }
            _ => None,
        };
        if let Some(retry_after) = retry_after {
            let seconds = HeaderValue::from(retry_after_seconds(retry_after));
            response.headers_mut().insert(RETRY_AFTER, seconds);
        }
        response
    }
}

/// What an id comes to that no run of the flow has.
pub(crate) fn unknown_run(route: &'static str) -> Response<Body> {
    let detail = "no run of this flow has this id, or it is over since the days that runs are kept";
    problem(StatusCode::NOT_FOUND, "there is no such run", detail, (route, "RunNotFound"))
}

/// What a name comes to that no flow has.
pub(crate) fn unknown_flow(route: &'static str) -> Response<Body> {
    let detail = "GET /flows shows those that there are";
    problem(StatusCode::NOT_FOUND, "there is no such flow", detail, (route, "FlowNotFound"))
}
