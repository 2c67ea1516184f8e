use headgate_core::{Body, idempotency_key, ids};
use http::header::{ETAG, IF_NONE_MATCH};
use http::request::Parts;
use http::{HeaderName, HeaderValue, Response, StatusCode};

use super::common::{admit, locate, made, one_header, query, read, spot, writable};
use super::{Answer, chunks};
use crate::content::{self, Content, Form, Member, Options};
use crate::digest::{Algorithm, Digest};
use crate::file_relay::Shared;
use crate::place::{Cut, Stat, Storage};
use crate::ports::World;
use crate::refusal::Refusal;
use crate::relay::{
    Bringer, Brought, Held, Ledger, OnConflict, One, Order, Relay, Spot, State, Work, lease,
};
use crate::request::{fingerprint, is_media_type};

const ROUTE: &str = "to";

/// The longest file that is read as a whole before it is sent, where a place has to know a length that the request does not say.
const AHEAD: usize = 2 * 1024 * 1024;

/// The longest file that is kept until it has arrived, where somebody may take its name meanwhile and it then gets another one.
const KEPT: u64 = 512 * 1024;

const REPR_DIGEST: HeaderName = HeaderName::from_static("repr-digest");

/// What a request to `/to` says besides its content.
pub(super) struct Said {
    pub(super) order: Order,
    options: Options,
}

/// Takes a file out of a request, and carries it to a place: once for each `Idempotency-Key`.
pub(crate) async fn push<W: World>(
    shared: &Shared<W>,
    parts: &Parts,
    body: Body,
    path: &str,
) -> Answer {
    let relays = &shared.relays;
    let destination = spot(path)?;
    let place = &writable(relays, &destination.place)?.place;
    let said = said(parts, destination)?;
    if let Some(total) = chunks::asked_for(parts)? {
        return chunks::begin(shared, parts, said.order, total).await;
    }
    let key = idempotency_key::read(&parts.headers)?;
    let one = One::new(said.order, Bringer::Request);
    let work = Work::One(Box::new(one.clone()));
    let fingerprint = fingerprint(&work);
    let known = match key {
        None => None,
        Some(key) => known(shared, key, &fingerprint).await?,
    };
    if let Some(held) = known.as_ref().filter(|held| has_arrived(held.state().state)) {
        return answer(shared, parts, held);
    }
    let _permit = admit(relays).await?;
    let mut content = content::read(&parts.headers, body, &said.options).await?;
    content.length = content.length.or(one.order.length);
    if needs_length(place) {
        content = content.look_ahead(AHEAD).await?;
        if content.length.is_none() {
            return Err(Refusal::Parameter(
                "the destination has to know how long the file is: send it as it is, or say its length in bytes in the query",
            ));
        }
    }
    let is_kept = one.order.conflict == OnConflict::Rename
        && content.length.is_some_and(|length| length <= KEPT);
    let kept = if is_kept { content.keep().await? } else { None };
    let Content { content_type, length, body, .. } = content;
    let mut one = one;
    one.stat = Some(Stat { length, content_type, ..Stat::default() });
    let mut relay = Relay::new(Work::One(Box::new(one)), fingerprint, relays.now());
    let owner = ids::random(&relays.ports.random);
    lease(&mut relay, &owner, relays.now());
    let id = match key {
        Some(key) => ids::of_idempotency_key(key),
        None => ids::random(&relays.ports.random),
    };
    // Before the lease is stored: whoever has that works on the relay.
    let Some(working) = relays.live.begin(&id) else { return Err(Refusal::UnderWay) };
    let held = match known {
        Some(held) => {
            let held = relays.change(held, |known| again(known, &relay)).await?;
            if held.state().lease != relay.lease {
                return match has_arrived(held.state().state) {
                    true => answer(shared, parts, &held),
                    false => Err(Refusal::UnderWay),
                };
            }
            held
        }
        None => match relays.create(&id, relay).await? {
            (held, true) => held,
            (_, false) => return Err(Refusal::UnderWay),
        },
    };
    let ledger: Ledger<W> = relays.ledger(held, owner);
    let brought = Brought { body, kept };
    Box::pin(relays.work(&ledger, &working, None, Some(brought))).await?;
    drop(working);
    let held = read(relays, &id).await?;
    answer(shared, parts, &held)
}

/// Whether a place takes no file whose length is not known before.
fn needs_length(place: &impl Storage) -> bool {
    match place.cut(None) {
        Ok(Cut { size, needs_length }) => needs_length && size.is_none(),
        Err(_) => true,
    }
}

/// The relay of this key, if there is one and nobody is at it.
async fn known<W: World>(
    shared: &Shared<W>,
    key: &str,
    fingerprint: &str,
) -> Result<Option<Held>, Refusal> {
    let Some(held) = shared.relays.read(&ids::of_idempotency_key(key)).await? else {
        return Ok(None);
    };
    if held.state().fingerprint != fingerprint {
        return Err(Refusal::KeyReused);
    }
    if !held.state().state.is_final() {
        return Err(Refusal::UnderWay);
    }
    Ok(Some(held))
}

const fn has_arrived(state: State) -> bool {
    matches!(state, State::Succeeded | State::Skipped)
}

/// A push in the place of one by the same key that did not arrive; its upload has another name.
fn again(known: Relay, push: &Relay) -> Option<Relay> {
    if !known.state.is_final() || has_arrived(known.state) {
        return None;
    }
    let mut relay = push.clone();
    if let (Work::One(before), Work::One(one)) = (known.work, &mut relay.work) {
        one.begun = before.begun;
    }
    Some(relay)
}

/// Shows what became of a file that came in a request.
pub(super) fn answer<W: World>(shared: &Shared<W>, parts: &Parts, held: &Held) -> Answer {
    let relay = held.state();
    if let (State::Failed, Some(failure)) = (relay.state, &relay.failure) {
        let mut response = Refusal::Failed(failure.clone()).into_response(ROUTE);
        locate(&mut response, shared, parts, &format!("relays/{}", held.id));
        return Ok(response);
    }
    let mut response: Response<Body> = made(shared, parts, ROUTE, held);
    if relay.state == State::Succeeded {
        *response.status_mut() = StatusCode::CREATED;
    }
    if let Work::One(one) = &relay.work
        && let Some(Ok(etag)) = one.etag.as_ref().map(HeaderValue::try_from)
    {
        response.headers_mut().insert(ETAG, etag);
    }
    Ok(response)
}

/// Reads what a request says besides its content.
fn said(parts: &Parts, destination: Spot) -> Result<Said, Refusal> {
    let (mut conflict, mut length) = (None, None);
    let mut options = Options::default();
    for (name, value) in query(parts) {
        match name {
            "conflict" => {
                let parsed = OnConflict::parse(&value);
                conflict = Some(parsed.ok_or(Refusal::Parameter(
                    "conflict must be fail, replace, rename or skip-if-identical",
                ))?);
            }
            "form" => {
                let form: Result<Form, _> = value.parse();
                options.form = form.map_err(|_| {
                    Refusal::Parameter("form must be auto, raw, envelope, multipart or data-uri")
                })?;
            }
            "member" => {
                let member = Member::new(&value).map_err(|_| {
                    Refusal::Parameter("member must be the name, or the JSON pointer, of a member")
                });
                options.member = Some(member?);
            }
            "length" => {
                let bytes = value
                    .parse()
                    .map_err(|_| Refusal::Parameter("length must be how many bytes the file has"));
                length = Some(bytes?);
            }
            "contentType" if is_media_type(&value) => options.content_type = Some(value),
            "contentType" => {
                return Err(Refusal::Parameter("contentType must be a media type as text/plain"));
            }
            _ => {
                return Err(Refusal::Parameter(
                    "there are the parameters conflict, form, member, contentType and length",
                ));
            }
        }
    }
    let if_none_match = one_header(&parts.headers, &IF_NONE_MATCH)
        .map_err(|()| Refusal::Parameter("If-None-Match must be * here"))?;
    match (if_none_match, conflict) {
        (None, _) | (Some("*"), None | Some(OnConflict::Fail)) => {}
        (Some("*"), Some(_)) => {
            return Err(Refusal::Parameter("If-None-Match and conflict do not agree"));
        }
        (Some(_), _) => return Err(Refusal::Parameter("If-None-Match must be * here")),
    }
    let order = Order {
        source: None,
        destination,
        conflict: conflict.unwrap_or_default(),
        content_type: options.content_type.clone(),
        length,
        digest: digest(parts)?,
    };
    Ok(Said { order, options })
}

/// The SHA-256 of the file that the request says by `Repr-Digest` (RFC 9530 §3).
fn digest(parts: &Parts) -> Result<Option<Digest>, Refusal> {
    let wrong = Refusal::Parameter("Repr-Digest must have sha-256=:BASE64:");
    let Ok(text) = one_header(&parts.headers, &REPR_DIGEST) else { return Err(wrong) };
    let Some(text) = text else { return Ok(None) };
    let value = text.split(',').find_map(|item| {
        let value = item.trim().strip_prefix("sha-256=")?;
        value.strip_prefix(':')?.strip_suffix(':')
    });
    // Digests by other algorithms are none that are computed here.
    let Some(value) = value else { return Ok(None) };
    Digest::from_base64(Algorithm::Sha256, value).map(Some).ok_or(wrong)
}

#[cfg(test)]
mod tests {
    use headgate_core::Timestamp;

    use super::*;

    #[test]
    fn what_arrived_meanwhile_is_not_carried_again_and_another_upload_has_another_name() {
        let order = || Order {
            source: None,
            destination: spot("b/y").unwrap(),
            conflict: OnConflict::Fail,
            content_type: None,
            length: None,
            digest: None,
        };
        let relay = |state, begun| {
            let mut one = One::new(order(), Bringer::Request);
            one.begun = begun;
            let work = Work::One(Box::new(one));
            let mut relay = Relay::new(work, String::new(), Timestamp::from_secs(1));
            relay.state = state;
            relay
        };
        let push = relay(State::Running, 0);
        assert_eq!(again(relay(State::Succeeded, 1), &push), None);
        assert_eq!(again(relay(State::Running, 1), &push), None);
        assert_eq!(again(relay(State::Failed, 3), &push), Some(relay(State::Running, 3)));
    }
}
