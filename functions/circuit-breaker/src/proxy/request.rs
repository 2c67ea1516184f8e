use headgate_core::Body;
use headgate_proxy::{Destination, PathEscapes, forwarded_headers, has_content};
use http::request::Parts;
use http::{HeaderMap, Request};

use super::{cookies, query};
use crate::backends::{Credentials, SessionAffinity};

/// How a request goes on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Forwarding<'a> {
    /// Where the backend is.
    pub(crate) destination: &'a Destination,
    /// What the backend asks for.
    pub(crate) credentials: &'a Credentials,
    /// The pool's cookie, which is not for the backend.
    pub(crate) affinity: Option<&'a SessionAffinity>,
    /// What follows the backend's name in the caller's path.
    pub(crate) path: &'a str,
}

impl SessionAffinity {
    /// The affinity cookie's value in a request.
    pub(crate) fn value_in(&self, headers: &HeaderMap) -> Option<String> {
        cookies::find(headers, |header| self.find(header))
    }
}

/// Makes the backend's request of the caller's.
///
/// Headers of the connection, of the host (`spin-…`) and `Expect`, which the host has met, are removed; `X-Forwarded-…` and
/// `traceparent` are set; credentials go in the place of the caller's headers and query parameters of the same names. The
/// host is the backend's.
///
/// # Errors
///
/// [`PathEscapes`] as [`Destination::join`].
pub(crate) fn backend_request(
    parts: &Parts,
    body: Body,
    forwarding: Forwarding<'_>,
) -> Result<Request<Body>, PathEscapes> {
    let Forwarding { destination, credentials, affinity, path } = forwarding;
    let query = query::with_credentials(parts.uri.query().unwrap_or_default(), &credentials.query);
    let uri = destination.join(path, &query)?;
    let mut headers = forwarded_headers(parts);
    if let Some(affinity) = affinity {
        cookies::remove(&mut headers, &affinity.cookie);
    }
    for (name, _) in &credentials.headers {
        headers.remove(name);
    }
    for (name, value) in &credentials.headers {
        headers.append(name, value.clone());
    }
    let mut request = Request::new(if has_content(parts) { body } else { Body::empty() });
    *request.method_mut() = parts.method.clone();
    *request.uri_mut() = uri;
    *request.headers_mut() = headers;
    Ok(request)
}
