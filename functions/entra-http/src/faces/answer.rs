use headgate_core::Body;
use headgate_core::reply::with_outcome;
use headgate_proxy::caller_response;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_LOCATION, CONTENT_TYPE, LOCATION};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, Uri};

use super::forward::FORWARD;
use crate::body::{Faults, Gathered, gather, guarded};
use crate::entra_http::Shared;
use crate::link::Link;
use crate::page::Page;
use crate::ports::World;
use crate::reply::withheld;
use crate::upstreams::{Redirects, Upstream};

/// What was asked of an upstream, and how the caller asked for it.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) path: &'a str,
    pub(super) method: &'a Method,
    pub(super) target: &'a Uri,
}

/// The longest page whose links are read, in bytes.
pub(super) const MOST_PAGE: usize = 8 * 1024 * 1024;

/// Headers that hold an address of the upstream.
const ADDRESSES: [HeaderName; 5] = [
    LOCATION,
    CONTENT_LOCATION,
    HeaderName::from_static("operation-location"),
    HeaderName::from_static("azure-asyncoperation"),
    HeaderName::from_static("odata-entityid"),
];

/// Makes the caller's answer of the upstream's.
pub(super) async fn answered<W: World>(
    shared: &Shared<W>,
    upstream: &Upstream,
    asked: Asked<'_>,
    response: Response<Body>,
) -> Response<Body> {
    let mut response = caller_response(response);
    if let Err(refusal) = addresses(shared, upstream, asked, &mut response) {
        return *refusal;
    }
    upstream.response_headers.apply(response.headers_mut());
    if *asked.method == Method::GET && is_page(upstream, &response) {
        return Box::pin(with_own_links(shared, upstream, asked, response)).await;
    }
    match limited(upstream, asked.method, response) {
        Ok(response) => with_outcome(response, FORWARD, "ok"),
        Err(refusal) => *refusal,
    }
}

/// Writes the upstream's own addresses as this function's, and keeps the caller from being sent elsewhere.
fn addresses<W: World>(
    shared: &Shared<W>,
    upstream: &Upstream,
    asked: Asked<'_>,
    response: &mut Response<Body>,
) -> Result<(), Box<Response<Body>>> {
    let is_redirect = response.status().is_redirection();
    let own = |value: &HeaderValue| {
        let link = Link::of(upstream, asked.target, value.to_str().ok()?)?;
        let through = link.through(&upstream.name, shared.public_url.as_deref(), asked.path);
        HeaderValue::try_from(through).ok()
    };
    for name in ADDRESSES {
        let Some(value) = response.headers().get(&name) else { continue };
        match own(value) {
            Some(own) => drop(response.headers_mut().insert(name, own)),
            None if is_redirect && name == LOCATION && upstream.redirects == Redirects::Own => {
                return Err(Box::new(withheld(
                    FORWARD,
                    "the upstream redirects to another place",
                    "nothing follows a redirect here; the upstream's configuration may have it passed on",
                    "RedirectRefused",
                )));
            }
            None => {}
        }
    }
    Ok(())
}

/// Keeps the answer to the upstream's limit.
fn limited(
    upstream: &Upstream,
    method: &Method,
    response: Response<Body>,
) -> Result<Response<Body>, Box<Response<Body>>> {
    let limit = upstream.response_bytes;
    match content_length(response.headers()) {
        _ if *method == Method::HEAD => Ok(response),
        Some(length) if length > limit => Err(Box::new(too_long())),
        // The connection ends where the response says that it ends.
        Some(_) => Ok(response),
        None => Ok(response.map(|body| guarded(body, false, limit, Faults::default()))),
    }
}

pub(super) fn too_long() -> Response<Body> {
    withheld(
        FORWARD,
        "the upstream's answer is too long",
        "ask for less at once, or have response-bytes of the upstream raised",
        "AnswerTooLong",
    )
}

fn content_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Whether an answer may be a page of a list whose links are this function's business.
pub(super) fn is_page(upstream: &Upstream, response: &Response<Body>) -> bool {
    let headers = response.headers();
    let media_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media_type = media_type.and_then(|value| value.split(';').next()).unwrap_or_default();
    let media_type = media_type.trim().to_ascii_lowercase();
    !upstream.next_link.is_empty()
        && response.status() == StatusCode::OK
        && !headers.contains_key(CONTENT_ENCODING)
        && (media_type == "application/json" || media_type.ends_with("+json"))
        && content_length(headers).is_none_or(|length| length <= MOST_PAGE as u64)
}

/// Writes the links of a page as this function's. What is no page, or is too long for one, goes on as it is.
async fn with_own_links<W: World>(
    shared: &Shared<W>,
    upstream: &Upstream,
    asked: Asked<'_>,
    response: Response<Body>,
) -> Response<Body> {
    let (mut parts, body) = response.into_parts();
    let bytes = match gather(body, MOST_PAGE).await {
        Err(_) => return broke_off(),
        Ok(Gathered::Beginning(body)) => {
            let body = guarded(body, false, upstream.response_bytes, Faults::default());
            return with_outcome(Response::from_parts(parts, body), FORWARD, "ok");
        }
        Ok(Gathered::All(bytes)) if bytes.len() as u64 > upstream.response_bytes => {
            return too_long();
        }
        Ok(Gathered::All(bytes)) => bytes,
    };
    let rewritten = {
        let page = Page::read(&bytes);
        let links = page.as_ref().map(|page| page.next(&upstream.next_link)).unwrap_or_default();
        let own = |text: &str| {
            let link = Link::of(upstream, asked.target, text)?;
            Some(link.through(&upstream.name, shared.public_url.as_deref(), asked.path))
        };
        let mut owned = Vec::new();
        for (raw, text) in links {
            match own(&text) {
                Some(link) => owned.push((raw, Some(link))),
                None => return next_link_refused(),
            }
        }
        page.filter(|_| !owned.is_empty()).map(|page| page.with_links(&owned))
    };
    let body = match rewritten {
        None => Body::from(bytes),
        Some(rewritten) => {
            parts.headers.insert(CONTENT_LENGTH, HeaderValue::from(rewritten.len()));
            Body::from(rewritten)
        }
    };
    with_outcome(Response::from_parts(parts, body), FORWARD, "ok")
}

pub(super) fn broke_off() -> Response<Body> {
    withheld(FORWARD, "the upstream's answer broke off", "ask again", "AnswerBrokenOff")
}

/// A list without its next page would look whole, so nothing of it is answered.
pub(super) fn next_link_refused() -> Response<Body> {
    withheld(
        FORWARD,
        "the upstream's next page is somewhere else",
        "the link to it leads off the upstream or its allow-list, and no token goes there",
        "NextLinkRefused",
    )
}
