use headgate_core::Body;
use http::uri::{Authority, PathAndQuery};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri};
use spin_sdk::wasip3::http::types;

use crate::incoming_content::IncomingContent;

/// How much of a request's path the function is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Paths {
    /// What follows the component's route, which Spin says in `spin-path-info`.
    Relative,
    /// All of it.
    Whole,
}

/// Reads a request from the host, and its body when somebody asks for that.
///
/// The SDK's own conversion asks the host for more, and asks it before anybody wants to know: each question costs about
/// as much as judging a remembered token's claims.
pub(crate) fn read(
    request: types::Request,
    paths: Paths,
) -> Result<Request<Body>, types::ErrorCode> {
    let mut headers = HeaderMap::new();
    for (name, value) in request.get_headers().copy_all() {
        let name = HeaderName::try_from(name).map_err(malformed)?;
        headers.append(name, HeaderValue::try_from(value).map_err(malformed)?);
    }
    let mut parts = http::uri::Parts::default();
    let target = request.get_path_with_query().unwrap_or_else(|| "/".to_owned());
    parts.path_and_query = Some(match paths {
        Paths::Whole => PathAndQuery::try_from(target).map_err(malformed)?,
        Paths::Relative => relative(target, &headers).map_err(malformed)?,
    });
    if let Some(authority) = request.get_authority() {
        parts.authority = Some(Authority::try_from(authority).map_err(malformed)?);
        let scheme = request.get_scheme().unwrap_or(types::Scheme::Http);
        parts.scheme = Some(http::uri::Scheme::try_from(scheme).map_err(malformed)?);
    }
    let method = Method::try_from(request.get_method()).map_err(malformed)?;
    let mut read = Request::new(Body::stream(IncomingContent::new(request)));
    *read.method_mut() = method;
    *read.uri_mut() = Uri::from_parts(parts).map_err(malformed)?;
    *read.headers_mut() = headers;
    Ok(read)
}

/// Takes the component's route off the path.
fn relative(target: String, headers: &HeaderMap) -> Result<PathAndQuery, http::uri::InvalidUri> {
    let path = target.split_once('?').map_or(target.as_str(), |(path, _query)| path);
    let info = headers.get("spin-path-info").and_then(|value| value.to_str().ok());
    // A host that does not set the header passes a caller's: then it is no part of the path.
    let Some(at) =
        info.and_then(|info| path.len().checked_sub(info.len()).filter(|_| path.ends_with(info)))
    else {
        return PathAndQuery::try_from(target);
    };
    match target.get(at..) {
        Some(rest) if rest.starts_with('/') => PathAndQuery::try_from(rest),
        Some(rest) => PathAndQuery::try_from(format!("/{rest}")),
        None => PathAndQuery::try_from(target),
    }
}

/// The host has parsed what it passes on: what it passes and `http` refuses is the host's mistake.
fn malformed(error: impl std::fmt::Display) -> types::ErrorCode {
    types::ErrorCode::InternalError(Some(error.to_string()))
}
