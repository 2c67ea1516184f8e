use headgate_core::reply::with_outcome;
use headgate_core::{Body, ids};
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, RANGE};
use http::request::Parts;
use http::{HeaderValue, Response, StatusCode};

use super::Answer;
use super::common::{admit, locate, one_header, read};
use super::push::answer;
use crate::chunked::{CHUNK_SIZE, Chunk, announced, received};
use crate::file_relay::Shared;
use crate::place::Stat;
use crate::ports::World;
use crate::refusal::Refusal;
use crate::relay::{Bringer, ChunkEnd, Held, One, Order, PATIENCE, Relay, State, Work, lease};
use crate::request::{fingerprint, is_media_type};

const ROUTE: &str = "upload";

/// How long a chunk is asked to be where nothing limits it, and parts are not longer.
const USUAL: u64 = 8 * 1024 * 1024;

/// What says nothing of a file: a client of HTTP puts it there by itself.
const NOTHING_SAID: [&str; 2] = ["application/octet-stream", "application/x-www-form-urlencoded"];

/// How long the file is whose chunks a request announces; none when it announces none, or an empty file, which it brings.
pub(super) fn asked_for(parts: &Parts) -> Result<Option<u64>, Refusal> {
    Ok(announced(&parts.headers)?.filter(|total| *total > 0))
}

/// Begins the upload of a file that comes in chunks (contracts, Power Platform §4.3).
pub(super) async fn begin<W: World>(
    shared: &Shared<W>,
    parts: &Parts,
    order: Order,
    total: u64,
) -> Answer {
    let relays = &shared.relays;
    let mut one = One::new(order, Bringer::Chunks);
    let content_type = one.order.content_type.clone();
    one.stat = Some(Stat { length: Some(total), content_type, ..Stat::default() });
    let work = Work::One(Box::new(one));
    let id = ids::random(&relays.ports.random);
    let now = relays.now();
    let mut relay = Relay::new(work, String::new(), now);
    relay.fingerprint = fingerprint(&relay.work);
    let owner = ids::random(&relays.ports.random);
    lease(&mut relay, &owner, now);
    relay.next = Some(now.plus(PATIENCE).into());
    let Some(working) = relays.live.begin(&id) else { return Err(Refusal::ChunkUnderWay) };
    let (held, _) = relays.create(&id, relay).await?;
    let ledger = relays.ledger(held, owner);
    let most = shared.chunk_bytes;
    let size = Box::pin(relays.begin_chunks(&ledger, &working, most)).await?;
    drop(working);
    let Some(size) = size else {
        let held = read(relays, &id).await?;
        return answer(shared, parts, &held);
    };
    let mut response = with_outcome(Response::new(Body::empty()), "to", "ok");
    response.headers_mut().insert(CHUNK_SIZE, HeaderValue::from(chunk_size(size, most, total)));
    locate(&mut response, shared, parts, &format!("uploads/{id}"));
    Ok(response)
}

/// Whole parts, as many as make a chunk of some length; or the whole file.
fn chunk_size(size: u64, most: Option<u64>, total: u64) -> u64 {
    let size = size.max(1);
    let parts = (most.unwrap_or(USUAL) / size).max(1);
    size.saturating_mul(parts).min(total)
}

/// The media type that a chunk says, if it says one of the file.
fn content_type(parts: &Parts) -> Option<&str> {
    let said = one_header(&parts.headers, &CONTENT_TYPE).ok().flatten()?;
    let kind = said.split(';').next().unwrap_or_default().trim();
    let is_nothing = NOTHING_SAID.iter().any(|nothing| nothing.eq_ignore_ascii_case(kind));
    (is_media_type(said) && !is_nothing).then_some(said)
}

/// Takes a chunk.
pub(crate) async fn patch<W: World>(
    shared: &Shared<W>,
    parts: &Parts,
    body: Body,
    token: &str,
) -> Answer {
    let relays = &shared.relays;
    if !ids::is_id(token) {
        return Err(Refusal::UploadUnknown);
    }
    let chunk = Chunk::read(&parts.headers)?;
    if one_header(&parts.headers, &CONTENT_ENCODING) != Ok(None) {
        return Err(Refusal::Parameter("a chunk must come without Content-Encoding"));
    }
    let _permit = admit(relays).await?;
    // Before the lease is taken: whoever has that works on the relay.
    let Some(working) = relays.live.begin(token) else {
        return over(shared, parts, token).await;
    };
    let Some(ledger) = relays.claim_chunks(token).await? else {
        drop(working);
        return over(shared, parts, token).await;
    };
    let content = (body, content_type(parts));
    let end = Box::pin(relays.take_chunk(&ledger, &working, chunk, content)).await?;
    drop(working);
    match end {
        ChunkEnd::Received(bytes) => Ok(with_range(Response::new(Body::empty()), bytes)),
        ChunkEnd::Over => over(shared, parts, token).await,
        ChunkEnd::TooFar(bytes) => {
            let refusal = Refusal::ChunkTooFar { received: bytes };
            Ok(with_range(refusal.into_response(ROUTE), bytes))
        }
        ChunkEnd::NotCut(size) => Err(Refusal::ChunkNotCut { size }),
        ChunkEnd::Malformed(error) => Err(error.into()),
        ChunkEnd::Again(failure) => Err(Refusal::ChunkAgain(failure)),
        ChunkEnd::Lost => Err(Refusal::ChunkUnderWay),
    }
}

fn with_range(mut response: Response<Body>, bytes: u64) -> Response<Body> {
    if let Some(range) = received(bytes) {
        response.headers_mut().insert(RANGE, range);
    }
    match response.status() {
        StatusCode::OK => with_outcome(response, ROUTE, "ok"),
        _ => response,
    }
}

/// The answer to the last chunk: the receipt. Whoever missed it and sends the chunk again gets it again.
async fn over<W: World>(shared: &Shared<W>, parts: &Parts, token: &str) -> Answer {
    let held: Option<Held> = shared.relays.read(token).await?;
    let held = held.filter(|held| match &held.state().work {
        Work::One(one) => one.takes_chunks() && held.state().state != State::Cancelled,
        Work::Many(_) => false,
    });
    let held = held.ok_or(Refusal::UploadUnknown)?;
    if !held.state().state.is_final() {
        return Err(Refusal::ChunkUnderWay);
    }
    let mut response = answer(shared, parts, &held)?;
    if let (State::Succeeded, Work::One(one)) = (held.state().state, &held.state().work) {
        // The protocol knows no other status.
        *response.status_mut() = StatusCode::OK;
        response = with_range(response, one.bytes.unwrap_or_default());
    }
    Ok(response)
}
