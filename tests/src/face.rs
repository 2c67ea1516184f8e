//! The ways in which the function can be asked the same question, and how each says the same verdict.

mod answer;
mod ask;

use bytes::Bytes;
use http::{Request, Response};
use serde::Deserialize;

use crate::case::{Case, Question};
use crate::forge::Placeholders;

/// A way to ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Face {
    /// `/validate…`, as a proxy's sub-request.
    ForwardAuth,
    /// `POST /introspect` (RFC 7662).
    Introspection,
    /// A Lambda authorizer of the kind REQUEST, payload 1.0.
    RequestAuthorizer,
    /// A Lambda authorizer of the kind TOKEN.
    TokenAuthorizer,
    /// A Lambda authorizer of an HTTP API, payload 2.0.
    HttpApiAuthorizer,
    /// The middleware component in front of another.
    Middleware,
}

impl Face {
    /// Every face.
    pub const ALL: [Self; 6] = [
        Self::ForwardAuth,
        Self::Introspection,
        Self::RequestAuthorizer,
        Self::TokenAuthorizer,
        Self::HttpApiAuthorizer,
        Self::Middleware,
    ];

    /// The face's name in a test's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ForwardAuth => "forward_auth",
            Self::Introspection => "introspection",
            Self::RequestAuthorizer => "request_authorizer",
            Self::TokenAuthorizer => "token_authorizer",
            Self::HttpApiAuthorizer => "http_api_authorizer",
            Self::Middleware => "middleware",
        }
    }

    /// Whether the face can express the case's question.
    #[must_use]
    pub fn can_ask(self, question: &Question) -> bool {
        if let Some(faces) = &question.faces {
            return faces.contains(&self);
        }
        match self {
            Self::ForwardAuth
            | Self::RequestAuthorizer
            | Self::HttpApiAuthorizer
            | Self::Middleware => true,
            Self::Introspection => question.has_only_authorization() && question.bearer().is_some(),
            Self::TokenAuthorizer => question.has_only_authorization(),
        }
    }

    /// Whether the face is an event of API Gateway.
    #[must_use]
    pub const fn is_authorizer(self) -> bool {
        matches!(self, Self::RequestAuthorizer | Self::TokenAuthorizer | Self::HttpApiAuthorizer)
    }

    /// Puts the case's question.
    #[must_use]
    pub fn ask(self, case: &Case, placeholders: &Placeholders) -> Request<Bytes> {
        let question = &case.question;
        match self {
            Self::ForwardAuth => ask::plain(question, &question.path, placeholders),
            Self::Middleware => ask::plain(question, "/orders/7", placeholders),
            Self::Introspection => ask::introspection(question, placeholders),
            Self::RequestAuthorizer => ask::event(&ask::request_event(question, placeholders)),
            Self::TokenAuthorizer => ask::event(&ask::token_event(question, placeholders)),
            Self::HttpApiAuthorizer => ask::event(&ask::http_api_event(question, placeholders)),
        }
    }

    /// Judges the answer to the case's question.
    ///
    /// # Errors
    ///
    /// What is wrong with it, as text.
    pub fn judge(
        self,
        case: &Case,
        placeholders: &Placeholders,
        given: &Response<Bytes>,
    ) -> Result<(), String> {
        let judged = match self {
            Self::ForwardAuth | Self::Middleware => {
                answer::judge_plain(self, &case.expected, placeholders, given)
            }
            Self::Introspection => answer::judge_introspection(&case.expected, placeholders, given),
            Self::RequestAuthorizer | Self::TokenAuthorizer | Self::HttpApiAuthorizer => {
                answer::judge_authorizer(self, &case.expected, given)
            }
        };
        let judged = judged.and_then(|()| answer::judge_discretion(case, placeholders, given));
        judged.map_err(|reason| {
            let (status, headers) = (given.status(), given.headers());
            format!("{reason}\nanswer: {status} {headers:?}\n{}", answer::text(given))
        })
    }
}
