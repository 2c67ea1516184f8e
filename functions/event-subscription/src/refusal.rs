//! Every way in which the function says no, and the one match that chooses a status.

use std::time::Duration;

use headgate_core::reply::with_outcome;
use headgate_core::{Body, BodyError, Problem, retry_after_seconds};
use headgate_events::EventError;
use headgate_events::delivery::SignatureError;
use http::header::{ALLOW, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, Response, StatusCode};

/// Why a request is not answered as it was meant. The text is what the caller is told.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The body is too long, or broke off.
    #[error("{0}")]
    Body(#[from] BodyError),
    /// The body is in a format that no event has.
    #[error(
        "send application/cloudevents+json, application/cloudevents-batch+json, ce- headers, or application/json in the \
         Event Grid schema"
    )]
    ContentType,
    /// An event is malformed.
    #[error("{0}")]
    Malformed(#[from] EventError),
    /// An event is longer than its record may be.
    #[error("event {index} is longer than {limit} bytes as JSON")]
    EventTooLong {
        /// The event's place in the message, counted from 0.
        index: usize,
        /// The most that it may have.
        limit: usize,
    },
    /// The header that says what a message is cannot be read.
    #[error("the header aeg-event-type must be there once at most")]
    EventTypeTwice,
    /// A handshake's event is malformed.
    #[error("the validation event {0}")]
    HandshakeMalformed(&'static str),
    /// An event of the platform is of a kind that is not read.
    #[error("{0}")]
    PlatformEventUnknown(&'static str),
    /// Whose messages are believed is not configured.
    #[error("set the variable checks to a checks document, or to none in so many words")]
    ChecksNotConfigured,
    /// The shared secret is not there once.
    #[error("the shared secret must be sent once, where the variable checks says")]
    SecretMissing,
    /// It is another one.
    #[error("the shared secret is another one")]
    SecretWrong,
    /// The signature does not count.
    #[error("{0}")]
    SignatureWrong(SignatureError),
    /// The subscription is none that is expected.
    #[error("aeg-subscription-name is none of the subscriptions that the variable checks expects")]
    SubscriptionUnexpected,
    /// The origin is not to send events.
    #[error("WebHook-Request-Origin is none of those that the variable webhook_origins grants")]
    OriginNotAllowed,
    /// A handler has failed.
    #[error("a handler has failed; send the message again, what has succeeded is not done again")]
    HandlerFailed {
        /// When to send it again.
        retry_after: Duration,
    },
    /// The event is being handled at this moment.
    #[error(
        "the event is being handled at this moment; send the message again to learn how it ends"
    )]
    UnderWay {
        /// When to send it again.
        retry_after: Duration,
    },
    /// The store does not answer.
    #[error("the store does not answer; send the message again, nothing is lost")]
    StoreUnavailable,
    /// There is no such dead letter.
    #[error("GET /dead-letters shows those that there are; the id is the event's")]
    DeadLetterNotFound,
    /// The id in the path is not text.
    #[error("the id is not UTF-8")]
    IdNotText,
    /// There is no such route.
    #[error(
        "this function serves /events, /outbox, /dead-letters, /dead-letters/{{id}}:redeliver, /tick, /healthz and /openapi.json"
    )]
    RouteNotFound,
    /// The method is another one.
    #[error("use {0}")]
    MethodNotAllowed(&'static str),
}

impl Refusal {
    /// The status.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        match self {
            Self::Body(BodyError::TooLong { .. }) | Self::EventTooLong { .. } => {
                StatusCode::PAYLOAD_TOO_LARGE
            }
            Self::Body(BodyError::BrokenOff(_))
            | Self::EventTypeTwice
            | Self::HandshakeMalformed(_)
            | Self::PlatformEventUnknown(_)
            | Self::IdNotText => StatusCode::BAD_REQUEST,
            Self::Malformed(error) => error.status(),
            Self::ContentType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::SecretMissing | Self::SecretWrong | Self::SignatureWrong(_) => {
                StatusCode::UNAUTHORIZED
            }
            Self::ChecksNotConfigured | Self::SubscriptionUnexpected | Self::OriginNotAllowed => {
                StatusCode::FORBIDDEN
            }
            Self::HandlerFailed { .. } | Self::UnderWay { .. } | Self::StoreUnavailable => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::DeadLetterNotFound | Self::RouteNotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed(_) => StatusCode::METHOD_NOT_ALLOWED,
        }
    }

    /// The name in the log.
    #[must_use]
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::Body(BodyError::TooLong { .. }) => "BodyTooLong",
            Self::Body(BodyError::BrokenOff(_)) => "BodyNotRead",
            Self::ContentType => "ContentTypeNotRead",
            Self::Malformed(_) => "EventMalformed",
            Self::EventTooLong { .. } => "EventTooLong",
            Self::EventTypeTwice => "EventTypeTwice",
            Self::HandshakeMalformed(_) => "HandshakeMalformed",
            Self::PlatformEventUnknown(_) => "PlatformEventUnknown",
            Self::ChecksNotConfigured => "ChecksNotConfigured",
            Self::SecretMissing => "SecretMissing",
            Self::SecretWrong => "SecretWrong",
            Self::SignatureWrong(_) => "SignatureWrong",
            Self::SubscriptionUnexpected => "SubscriptionUnexpected",
            Self::OriginNotAllowed => "OriginNotAllowed",
            Self::HandlerFailed { .. } => "HandlerFailed",
            Self::UnderWay { .. } => "UnderWay",
            Self::StoreUnavailable => "StoreUnavailable",
            Self::DeadLetterNotFound => "DeadLetterNotFound",
            Self::IdNotText => "IdNotText",
            Self::RouteNotFound => "RouteNotFound",
            Self::MethodNotAllowed(_) => "MethodNotAllowed",
        }
    }

    const fn title(&self) -> &'static str {
        match self {
            Self::Body(_) => "the request's body cannot be read",
            Self::ContentType => "the content type is not read",
            Self::Malformed(_) | Self::EventTypeTwice | Self::PlatformEventUnknown(_) => {
                "the message is malformed"
            }
            Self::EventTooLong { .. } => "an event is too long",
            Self::HandshakeMalformed(_) => "the handshake is malformed",
            Self::ChecksNotConfigured => "whose messages are believed is not configured",
            Self::SecretMissing | Self::SecretWrong => "the shared secret is not right",
            Self::SignatureWrong(_) => "the signature is not right",
            Self::SubscriptionUnexpected => "the subscription is not expected",
            Self::OriginNotAllowed => "the origin may not send events",
            Self::HandlerFailed { .. } | Self::UnderWay { .. } => "the event is not handled yet",
            Self::StoreUnavailable => "the store does not answer",
            Self::DeadLetterNotFound => "there is no such dead letter",
            Self::IdNotText => "the id cannot be read",
            Self::RouteNotFound => "there is no such route",
            Self::MethodNotAllowed(_) => "the method is not allowed here",
        }
    }

    /// Makes the response.
    #[must_use]
    pub fn into_response(self, route: &'static str) -> Response<Body> {
        let problem = Problem::new(self.status(), self.title()).detail(self.to_string());
        let mut response = problem.into_response();
        let headers = response.headers_mut();
        match &self {
            Self::HandlerFailed { retry_after } | Self::UnderWay { retry_after } => {
                let seconds = retry_after_seconds(*retry_after);
                headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
            }
            Self::StoreUnavailable => {
                headers.insert(RETRY_AFTER, HeaderValue::from_static("10"));
            }
            Self::SecretMissing | Self::SecretWrong | Self::SignatureWrong(_) => {
                let challenge = HeaderValue::from_static("Webhook realm=\"events\"");
                headers.insert(WWW_AUTHENTICATE, challenge);
            }
            Self::MethodNotAllowed(allow) => {
                headers.insert(ALLOW, HeaderValue::from_static(allow));
            }
            Self::Body(_)
            | Self::ContentType
            | Self::Malformed(_)
            | Self::EventTooLong { .. }
            | Self::EventTypeTwice
            | Self::HandshakeMalformed(_)
            | Self::PlatformEventUnknown(_)
            | Self::ChecksNotConfigured
            | Self::SubscriptionUnexpected
            | Self::OriginNotAllowed
            | Self::DeadLetterNotFound
            | Self::IdNotText
            | Self::RouteNotFound => {}
        }
        with_outcome(response, route, self.reason())
    }
}
