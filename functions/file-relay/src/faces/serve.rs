use std::sync::Arc;

use headgate_core::Body;
use headgate_core::reply::with_outcome;
use http::header::{
    ACCEPT_RANGES, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_SECURITY_POLICY,
    CONTENT_TYPE, ETAG, HeaderName, X_CONTENT_TYPE_OPTIONS,
};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode};

use super::Answer;
use super::common::{readable, spot};
use super::window::Window;
use crate::digest::{Algorithm, Digest};
use crate::place::{PlaceError, Range, Stat, Storage};
use crate::ports::World;
use crate::ranges::{Asked, asked, content_range, precondition};
use crate::refusal::Refusal;
use crate::relay::Relays;

const ROUTE: &str = "from";

const REPR_DIGEST: HeaderName = HeaderName::from_static("repr-digest");

/// How often a file may change between being looked at and being read.
const TRIES: usize = 3;

/// Gives a file of a place, or a part of it (RFC 9110 §14).
pub(crate) async fn serve<W: World>(relays: &Arc<Relays<W>>, parts: &Parts, path: &str) -> Answer {
    let spot = spot(path)?;
    let place = &readable(relays, &spot.place)?.place;
    for _ in 0..TRIES {
        let stat = place.stat(&spot.path).await?;
        if let Some(status) = precondition(&parts.headers, &stat) {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = status;
            describe(response.headers_mut(), &stat);
            return Ok(with_outcome(response, ROUTE, "ok"));
        }
        let wanted = asked(&parts.headers, &stat);
        let (from, until) = match wanted {
            Asked::Whole => (0, stat.length),
            Asked::Part { from, until, .. } => (from, Some(until)),
            Asked::NotSatisfiable { length } => return Err(Refusal::Range { length }),
        };
        let body = match parts.method {
            Method::HEAD => Body::empty(),
            _ => {
                let range = match wanted {
                    Asked::Part { .. } => Range { from, until },
                    _ => Range::default(),
                };
                match place.open(&spot.path, range, stat.validator.as_deref()).await {
                    Ok(opened) if opened.from <= from && is_as_long(&opened.stat, &stat) => {
                        let length = until.map(|until| until.saturating_sub(from));
                        Body::stream(Window::new(opened.body, from - opened.from, length))
                    }
                    Ok(_) | Err(PlaceError::Changed) => continue,
                    Err(error) => return Err(error.into()),
                }
            }
        };
        let mut response = Response::new(body);
        let headers = response.headers_mut();
        describe(headers, &stat);
        if let Some(until) = until {
            headers.insert(CONTENT_LENGTH, HeaderValue::from(until.saturating_sub(from)));
        }
        if let Some(range) = content_range(wanted) {
            headers.insert(CONTENT_RANGE, range);
            *response.status_mut() = StatusCode::PARTIAL_CONTENT;
        }
        return Ok(with_outcome(response, ROUTE, "ok"));
    }
    Err(PlaceError::Changed.into())
}

/// Whether a file is as long as it was when it was looked at, as far as both know.
fn is_as_long(opened: &Stat, stat: &Stat) -> bool {
    opened.length.is_none() || stat.length.is_none() || opened.length == stat.length
}

/// Says what is known of the file.
fn describe(headers: &mut HeaderMap, stat: &Stat) {
    let mut put = |name: HeaderName, value: Option<&str>| {
        if let Some(Ok(value)) = value.map(HeaderValue::try_from) {
            headers.insert(name, value);
        }
    };
    put(CONTENT_TYPE, stat.content_type.as_deref().or(Some("application/octet-stream")));
    put(ETAG, stat.etag.as_deref());
    put(ACCEPT_RANGES, Some(if stat.length.is_some() { "bytes" } else { "none" }));
    // A file of somebody else's is no page of ours.
    put(X_CONTENT_TYPE_OPTIONS, Some("nosniff"));
    put(CONTENT_SECURITY_POLICY, Some("sandbox"));
    put(CONTENT_DISPOSITION, Some("attachment"));
    let known = stat.digests.iter().filter_map(|digest: &Digest| match digest.algorithm {
        Algorithm::Sha256 => Some(format!("sha-256=:{}:", digest.base64())),
        Algorithm::Md5 => Some(format!("md5=:{}:", digest.base64())),
        Algorithm::Crc64Nvme | Algorithm::QuickXor => None,
    });
    let known: Vec<String> = known.collect();
    if !known.is_empty() {
        put(REPR_DIGEST, Some(&known.join(", ")));
    }
}
