use headgate_core::Secret;
use http::{HeaderName, HeaderValue};

/// What is added to each request to a backend: `credentials` (contracts §2).
///
/// Every value is secret: header values are marked sensitive, and `Debug` shows none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Credentials {
    /// `query`: names and values, not yet percent-encoded, in the document's order.
    pub query: Vec<(String, Secret)>,
    /// `header`, and `authorization` as the header that it makes, in the document's order.
    pub headers: Vec<(HeaderName, HeaderValue)>,
}
