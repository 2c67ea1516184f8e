use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderName, HeaderValue, StatusCode};

use super::config::FlowAnswer;
use crate::issuer::{Guid, SystemRandom};
use crate::peer::Reply;

/// A run that goes on, or whose answer is waiting.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) signature: String,
    pub(super) looks: u32,
    pub(super) retry_after: Option<u64>,
    pub(super) answer: FlowAnswer,
    pub(super) sent: Bytes,
    pub(super) tracking: String,
}

/// What the action Response leaves out of the headers that a flow sets (contracts §3.3).
const STRIPPED: [&str; 6] =
    ["allow", "cookie", "expires", "last-modified", "set-cookie", "transfer-encoding"];
const KEPT_CONTENT: [&str; 3] = ["content-disposition", "content-encoding", "content-type"];

impl Run {
    /// The same; what it was sent is shared.
    pub(super) fn copied(&self) -> Self {
        Self {
            signature: self.signature.clone(),
            answer: self.answer.clone(),
            sent: self.sent.clone(),
            tracking: self.tracking.clone(),
            ..*self
        }
    }

    /// What the action Response says, without the headers that it strips.
    pub(super) fn reply(&self) -> Reply {
        let status = StatusCode::from_u16(self.answer.status);
        let mut reply = Reply::empty(status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR));
        reply.body = match &self.answer.body {
            None => self.sent.clone(),
            Some(body) => Bytes::from(body.to_string()),
        };
        let json = HeaderValue::from_static("application/json; charset=utf-8");
        reply.headers.insert(CONTENT_TYPE, json);
        for (name, value) in &self.answer.headers {
            let name = name.to_ascii_lowercase();
            let is_content = name.starts_with("content-") && !KEPT_CONTENT.contains(&name.as_str());
            if is_content || STRIPPED.contains(&name.as_str()) {
                continue;
            }
            if let Ok(name) = HeaderName::try_from(name) {
                reply = reply.with(name, value);
            }
        }
        reply
    }

    /// An answer with the names of the run.
    pub(super) fn named(&self, reply: Reply, id: &str) -> Reply {
        let request = Guid::random(&SystemRandom).to_string();
        reply
            .with(HeaderName::from_static("x-ms-workflow-run-id"), id)
            .with(HeaderName::from_static("x-ms-client-tracking-id"), &self.tracking)
            .with(HeaderName::from_static("x-ms-request-id"), &request)
    }
}
