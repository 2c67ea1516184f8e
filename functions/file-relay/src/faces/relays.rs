use std::sync::Arc;
use std::time::Duration;

use headgate_core::KeyValue;
use headgate_core::reply::{page, read_body};
use headgate_core::{Body, idempotency_key, ids, preference};
use http::StatusCode;
use http::request::Parts;
use serde_json::json;

use super::Answer;
use super::common::{made, query, read, readable, shown, wait, writable};
use crate::file_relay::Shared;
use crate::keys;
use crate::ports::World;
use crate::refusal::Refusal;
use crate::relay::{Files, RecordError, Relay, Relays, Work, receipt};
use crate::request::{LONGEST_WAIT, RelayRequest};

/// The longest body: a thousand sources with the longest paths.
const BODY_LIMIT: usize = 2 * 1024 * 1024;

/// How many relays a page shows.
const PAGE: usize = 50;

/// Carries a file, or many: once for each `Idempotency-Key`.
pub(crate) async fn relay<W: World>(shared: &Shared<W>, parts: &Parts, body: Body) -> Answer {
    const ROUTE: &str = "relays";
    let relays = &shared.relays;
    let key = idempotency_key::read(&parts.headers)?;
    let body = match read_body(body, BODY_LIMIT, ROUTE).await {
        Ok(body) => body,
        Err(response) => return Ok(response),
    };
    let request = RelayRequest::parse(&body)?;
    judge(relays, &request)?;
    let longest = Duration::from_secs(LONGEST_WAIT);
    let patience = request.wait().or_else(|| preference::wait(&parts.headers));
    let until = relays.now().plus(patience.unwrap_or_default().min(longest));
    let id = match key {
        Some(key) => ids::of_idempotency_key(key),
        None => ids::random(&relays.ports.random),
    };
    let fingerprint = request.fingerprint();
    if let Work::Many(many) = &request.work
        && !request.listed.is_empty()
        && relays.read(&id).await?.is_none()
    {
        relays.keep_files(&id, many, &request.listed).await?;
    }
    let relay = Relay::new(request.work, fingerprint.clone(), relays.now());
    let (held, is_new) = relays.create(&id, relay).await?;
    if held.state().fingerprint != fingerprint {
        return Err(Refusal::KeyReused);
    }
    // Where nobody works on it, its maker is gone.
    if is_new || held.state().is_due(relays.now()) {
        relays.start(&id).await;
    }
    let held = match is_new {
        true => read(relays, &id).await?,
        false => held,
    };
    let held = wait(relays, held, until).await?;
    Ok(made(shared, parts, ROUTE, &held))
}

/// Judges whether the places may be used so.
fn judge<W: World>(relays: &Relays<W>, request: &RelayRequest) -> Result<(), Refusal> {
    match &request.work {
        Work::One(one) => {
            if let Some(source) = &one.order.source {
                readable(relays, &source.place)?;
            }
            writable(relays, &one.order.destination.place)?;
        }
        Work::Many(many) => {
            let spots = match &many.order.files {
                Files::Below(spot) => std::slice::from_ref(spot),
                Files::These { .. } => &request.listed,
            };
            for spot in spots {
                readable(relays, &spot.place)?;
            }
            writable(relays, &many.order.folder.place)?;
        }
    }
    Ok(())
}

/// Shows one relay.
pub(crate) async fn one_relay<W: World>(relays: &Arc<Relays<W>>, id: &str) -> Answer {
    if !ids::is_id(id) {
        return Err(Refusal::RelayUnknown);
    }
    let held = read(relays, id).await?;
    Ok(shown(relays, "relay", &held))
}

/// Stops a relay.
pub(crate) async fn cancel<W: World>(relays: &Arc<Relays<W>>, id: &str) -> Answer {
    let held = if ids::is_id(id) { relays.cancel(id).await? } else { None };
    let held = held.ok_or(Refusal::RelayUnknown)?;
    let mut response = shown(relays, "cancel", &held);
    if !held.state().state.is_final() {
        *response.status_mut() = StatusCode::ACCEPTED;
    }
    Ok(response)
}

/// Has a relay tried again.
pub(crate) async fn resume<W: World>(relays: &Arc<Relays<W>>, id: &str) -> Answer {
    let held = if ids::is_id(id) { relays.resume(id).await? } else { None };
    let held = held.ok_or(Refusal::RelayUnknown)?;
    let mut response = shown(relays, "resume", &held);
    if !held.state().state.is_final() {
        *response.status_mut() = StatusCode::ACCEPTED;
    }
    Ok(response)
}

/// Shows relays, a page at a time, in the order of their ids.
pub(crate) async fn all_relays<W: World>(relays: &Arc<Relays<W>>, parts: &Parts) -> Answer {
    let (mut status, mut parent, mut after) = (None, None, String::new());
    for (name, value) in query(parts) {
        match name {
            "status" if STATES.contains(&value.as_str()) => status = Some(value),
            "status" => {
                return Err(Refusal::Parameter(
                    "status must be queued, running, succeeded, skipped, failed or cancelled",
                ));
            }
            "parent" if ids::is_id(&value) => parent = Some(value),
            "after" if ids::is_id(&value) => after = value,
            "after" | "parent" => {
                return Err(Refusal::Parameter("after and parent must be ids of relays"));
            }
            _ => {
                return Err(Refusal::Parameter(
                    "there are the parameters status, parent and after",
                ));
            }
        }
    }
    let mut ids = relays.ports.key_value.list(keys::RELAYS).await?;
    ids.sort_unstable();
    let ids = ids.iter().filter_map(|key| key.strip_prefix(keys::RELAYS));
    let (mut found, mut last, mut more) = (Vec::new(), None, false);
    let mut unreadable = 0_u32;
    for (seen, id) in ids.filter(|id| *id > after.as_str()).enumerate() {
        if found.len() == PAGE || seen == LOOKED_AT {
            more = true;
            break;
        }
        last = Some(id);
        let held = match relays.read(id).await {
            Ok(Some(held)) => held,
            Ok(None) => continue,
            Err(error @ RecordError::Store(_)) => return Err(error.into()),
            Err(error) => {
                unreadable += 1;
                relays.warn(&format_args!("relay {id} cannot be read: {error}"));
                continue;
            }
        };
        let relay = held.state();
        let is_wanted = status.as_deref().is_none_or(|status| status == relay.state.name())
            && (parent.is_none() || parent == relay.parent);
        if is_wanted {
            found.push(receipt(id, relay, relays.live.bytes(id)));
        }
    }
    let mut shown = json!({ "relays": found });
    if let (true, Some(shown)) = (unreadable > 0, shown.as_object_mut()) {
        shown.insert("unreadable".to_owned(), json!(unreadable));
    }
    if let (true, Some(shown), Some(last)) = (more, shown.as_object_mut(), last) {
        let status = status.map(|status| format!("status={status}&")).unwrap_or_default();
        let parent = parent.map(|parent| format!("parent={parent}&")).unwrap_or_default();
        shown.insert("next".to_owned(), json!(format!("relays?{status}{parent}after={last}")));
    }
    Ok(page("relays", &shown))
}

/// How many relays a page looks at.
const LOOKED_AT: usize = 500;

const STATES: [&str; 6] = ["queued", "running", "succeeded", "skipped", "failed", "cancelled"];
