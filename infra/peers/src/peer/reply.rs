use std::ops::Range;

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};
use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::Spilled;

/// A request that has come, with its body.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Asked {
    pub method: Method,
    pub uri: Uri,
    pub headers: HeaderMap,
    pub body: Bytes,
}

/// Puts a member into an object.
pub(crate) fn put(body: &mut Value, name: &str, value: impl Into<Value>) {
    if let Value::Object(members) = body {
        members.insert(name.to_owned(), value.into());
    }
}

impl Asked {
    /// The header of this name as text; `None` when it is absent, not text, or there more than once.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.get_all(name).iter();
        match (values.next(), values.next()) {
            (Some(value), None) => value.to_str().ok(),
            _ => None,
        }
    }

    /// The parameters of the query, decoded, in their order.
    #[must_use]
    pub fn query(&self) -> Vec<(String, String)> {
        let decode = |text: &str| {
            percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned()
        };
        let query = self.uri.query().unwrap_or_default();
        let pairs = query.split('&').filter(|pair| !pair.is_empty());
        pairs
            .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
            .map(|(name, value)| (decode(name), decode(value)))
            .collect()
    }
}

/// An answer.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
    /// What is on the disk, in place of `body`.
    pub spilled: Option<(Spilled, Range<u64>)>,
}

impl Reply {
    /// An answer without content.
    #[must_use]
    pub fn empty(status: StatusCode) -> Self {
        Self { status, headers: HeaderMap::new(), body: Bytes::new(), spilled: None }
    }

    /// How long its content is, in bytes.
    pub(crate) fn length(&self) -> u64 {
        match &self.spilled {
            None => self.body.len() as u64,
            Some((_, range)) => range.end.saturating_sub(range.start),
        }
    }

    /// An answer in JSON, which nobody may keep.
    #[must_use]
    pub fn json(status: StatusCode, body: &Value) -> Self {
        let mut reply = Self { body: Bytes::from(body.to_string()), ..Self::empty(status) };
        let json = HeaderValue::from_static("application/json; charset=utf-8");
        reply.headers.insert(CONTENT_TYPE, json);
        reply.headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store, no-cache"));
        reply
    }

    /// The answer with one more header; a value that no header can have is left out.
    #[must_use]
    pub fn with(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(name, value);
        }
        self
    }
}
