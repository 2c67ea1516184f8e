use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{Either, select};
use headgate_core::reply::page;
use headgate_core::{Body, Timer, Timestamp};
use http::header::{LOCATION, RETRY_AFTER};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use percent_encoding::percent_decode_str;

use crate::file_path::FilePath;
use crate::file_relay::Shared;
use crate::places::NamedPlace;
use crate::ports::World;
use crate::refusal::Refusal;
use crate::relay::{Held, Permit, Relays, Spot, receipt};

/// How often an answer looks at first whether the relay that it waits for is over; then less and less often.
const FIRST_GLANCE: Duration = Duration::from_millis(10);

/// How often at the least.
const LAST_GLANCE: Duration = Duration::from_millis(250);

/// How long a request with a file waits for others.
const IN_LINE: Duration = Duration::from_secs(20);

/// A header that may be there once.
pub(super) fn one_header<'h>(
    headers: &'h HeaderMap,
    name: &HeaderName,
) -> Result<Option<&'h str>, ()> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value.to_str().map(Some).map_err(|_| ()),
        (Some(_), Some(_)) => Err(()),
    }
}

/// The parameters of the query.
pub(super) fn query(parts: &Parts) -> impl Iterator<Item = (&str, String)> {
    let pairs = parts.uri.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty());
    pairs.map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let value = value.replace('+', " ");
        (name, percent_decode_str(&value).decode_utf8_lossy().into_owned())
    })
}

/// The file that a path names, as `PLACE/PATH`.
pub(super) fn spot(path: &str) -> Result<Spot, Refusal> {
    let (place, path) = path.split_once('/').ok_or(Refusal::NotAFile)?;
    let path = FilePath::of_request(path)?;
    if path.is_root() {
        return Err(Refusal::NotAFile);
    }
    Ok(Spot { place: place.to_owned(), path })
}

/// A place that may be read from.
pub(super) fn readable<'r, W: World>(
    relays: &'r Relays<W>,
    name: &str,
) -> Result<&'r NamedPlace<W>, Refusal> {
    let place = relays.places.get(name).ok_or(Refusal::PlaceUnknown)?;
    if place.read { Ok(place) } else { Err(Refusal::PlaceForbidden("read from")) }
}

/// A place that may be written to.
pub(super) fn writable<'r, W: World>(
    relays: &'r Relays<W>,
    name: &str,
) -> Result<&'r NamedPlace<W>, Refusal> {
    let place = relays.places.get(name).ok_or(Refusal::PlaceUnknown)?;
    if place.write { Ok(place) } else { Err(Refusal::PlaceForbidden("written to")) }
}

/// Waits until a relay is over, but not beyond `until`.
pub(super) async fn wait<W: World>(
    relays: &Arc<Relays<W>>,
    held: Held,
    until: Timestamp,
) -> Result<Held, Refusal> {
    let (mut held, mut glance) = (held, FIRST_GLANCE);
    loop {
        let left = until.since(relays.now());
        if held.state().state.is_final() || left.is_zero() {
            return Ok(held);
        }
        let sleep = relays.ports.clock.sleep(glance.min(left));
        match relays.live.pause(&held.id) {
            Some(pause) => drop(select(pin!(sleep), pause).await),
            None => sleep.await,
        }
        glance = (glance * 3 / 2).min(LAST_GLANCE);
        // While this instance works on it, the store knows no more.
        if relays.live.bytes(&held.id).is_none() {
            held = read(relays, &held.id).await?;
        }
    }
}

/// Waits a while until this instance may carry the file that a request brings.
pub(super) async fn admit<W: World>(relays: &Relays<W>) -> Result<Permit, Refusal> {
    let (permit, late) = (relays.live.may_carry(), relays.ports.clock.sleep(IN_LINE));
    match select(pin!(permit), pin!(late)).await {
        Either::Left((permit, _)) => Ok(permit),
        Either::Right(_) => Err(Refusal::Busy),
    }
}

/// Reads a relay.
pub(super) async fn read<W: World>(relays: &Relays<W>, id: &str) -> Result<Held, Refusal> {
    relays.read(id).await?.ok_or(Refusal::RelayUnknown)
}

/// Shows a relay.
pub(super) fn shown<W: World>(
    relays: &Relays<W>,
    route: &'static str,
    held: &Held,
) -> Response<Body> {
    page(route, &receipt(&held.id, held.state(), relays.live.bytes(&held.id)))
}

/// Shows a relay that a request has made: with 202 while it is under way.
pub(super) fn made<W: World>(
    shared: &Shared<W>,
    parts: &Parts,
    route: &'static str,
    held: &Held,
) -> Response<Body> {
    let mut response = shown(&shared.relays, route, held);
    if !held.state().state.is_final() {
        *response.status_mut() = StatusCode::ACCEPTED;
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("2"));
    }
    locate(&mut response, shared, parts, &format!("relays/{}", held.id));
    response
}

/// Says where something is: below the address by which callers reach the function, or else relative to the request.
pub(super) fn locate<W: World>(
    response: &mut Response<Body>,
    shared: &Shared<W>,
    parts: &Parts,
    target: &str,
) {
    let location = match &shared.public_url {
        Some(url) => format!("{url}/{target}"),
        None => format!("{}{target}", up(parts.uri.path())),
    };
    if let Ok(location) = HeaderValue::try_from(location) {
        response.headers_mut().insert(LOCATION, location);
    }
}

/// The relative reference (RFC 3986 §4.2) from a path of the function to its root.
fn up(path: &str) -> String {
    "../".repeat(path.matches('/').count().saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_location_leads_to_the_root_from_wherever_it_is_said() {
        assert_eq!(up("/relays"), "");
        assert_eq!(up("/to/a/b"), "../../");
    }

    #[test]
    fn a_path_names_a_place_and_a_file_of_it() {
        let found = spot("docs/a%20b/c.txt").unwrap();
        assert_eq!((found.place.as_str(), found.path.as_str()), ("docs", "a b/c.txt"));
        for path in ["docs", "docs/", "docs/../x", "docs/a//b"] {
            assert!(spot(path).is_err(), "{path}");
        }
    }
}
