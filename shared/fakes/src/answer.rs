use std::fmt;
use std::io;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream;
use headgate_core::{Body, HttpError};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use http_body::Frame;
use http_body_util::StreamBody;

use crate::Gate;

/// What a [`ReplayHttp`](crate::ReplayHttp) gives for a request.
#[derive(Clone)]
pub struct Answer {
    content: Content,
    gate: Option<Gate>,
}

#[derive(Clone)]
enum Content {
    Response { status: StatusCode, headers: HeaderMap, body: Bytes, breaks_off: bool },
    Failure(Arc<dyn Fn() -> HttpError + Send + Sync>),
}

impl Answer {
    /// Makes an answer of `status` without content.
    #[must_use]
    pub fn status(status: StatusCode) -> Self {
        Self::response(status, Bytes::new())
    }

    /// Makes an answer of `status` with `body`, and no headers.
    pub fn response(status: StatusCode, body: impl Into<Bytes>) -> Self {
        let (headers, body) = (HeaderMap::new(), body.into());
        Self { content: Content::Response { status, headers, body, breaks_off: false }, gate: None }
    }

    /// Makes a 200 with `body` as `application/json`.
    pub fn json(body: impl Into<Bytes>) -> Self {
        Self::response(StatusCode::OK, body)
            .with_header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
    }

    /// Makes a failure to get any response, as `Answer::fails(|| HttpError::TimedOut)`.
    pub fn fails(error: impl Fn() -> HttpError + Send + Sync + 'static) -> Self {
        Self { content: Content::Failure(Arc::new(error)), gate: None }
    }

    /// Makes an answer that does not come, as from a peer that accepts a connection and is silent.
    #[must_use]
    pub fn hangs() -> Self {
        Self::status(StatusCode::OK).after(Gate::closed())
    }

    /// Holds the answer back until `gate` lets it through.
    #[must_use]
    pub fn after(mut self, gate: Gate) -> Self {
        self.gate = Some(gate);
        self
    }

    /// Adds a header; an answer that is a failure has none.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        if let Content::Response { headers, .. } = &mut self.content {
            headers.append(name, value);
        }
        self
    }

    /// Breaks the connection once the body's bytes have been sent.
    #[must_use]
    pub fn that_breaks_off(mut self) -> Self {
        if let Content::Response { breaks_off, .. } = &mut self.content {
            *breaks_off = true;
        }
        self
    }

    pub(crate) async fn give(self) -> Result<Response<Body>, HttpError> {
        if let Some(gate) = &self.gate {
            gate.pass().await;
        }
        match self.content {
            Content::Failure(error) => Err(error()),
            Content::Response { status, headers, body, breaks_off } => {
                let body = if breaks_off { broken_off(body) } else { Body::from(body) };
                let mut response = Response::new(body);
                *response.status_mut() = status;
                *response.headers_mut() = headers;
                Ok(response)
            }
        }
    }
}

fn broken_off(bytes: Bytes) -> Body {
    let frames = [
        Ok(Frame::data(bytes)),
        Err(io::Error::new(io::ErrorKind::ConnectionReset, "the peer broke off")),
    ];
    Body::stream(StreamBody::new(stream::iter(frames)))
}

impl fmt::Debug for Answer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.content {
            Content::Response { status, body, .. } => {
                write!(formatter, "Answer({status}, {} bytes)", body.len())
            }
            Content::Failure(error) => write!(formatter, "Answer({})", error()),
        }
    }
}
