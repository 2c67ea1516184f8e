//! Events as HTTP messages: the canonical names only.

mod binary;
mod event_grid;
mod structured;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue};

pub use binary::binary;
pub use event_grid::{NotExpressible, Topic, event_grid};
pub use structured::{batch, structured};

/// What goes into a request or a response: headers, the content type among them, and the body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

impl Message {
    fn json(content_type: &'static str, body: Vec<u8>) -> Self {
        let content_type = HeaderValue::from_static(content_type);
        Self { headers: HeaderMap::from_iter([(CONTENT_TYPE, content_type)]), body: body.into() }
    }
}
