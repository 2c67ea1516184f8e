use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream;
use headgate_core::reply::{page, read_body};
use headgate_core::{Body, Clock, KeyValue, Timer, idempotency_key, ids};
use headgate_events::ChangeError;
use http::header::{LOCATION, RETRY_AFTER};
use http::request::Parts;
use http::{HeaderValue, Response, StatusCode};
use serde_json::{Map, Value, json};

use super::parameters;
use crate::inputs;
use crate::keys;
use crate::ports::World;
use crate::refusal::Refusal;
use crate::request::RunRequest;
use crate::robots::{Held, Robots};
use crate::run::{Asked, CallbackSecret, Order, Outcome, Phase, Place, Run, give_up, view};

type Answer = Result<Response<Body>, Refusal>;

/// The longest body: inputs of 2 MB and what is around them.
const BODY_LIMIT: usize = 2 * 1024 * 1024 + 64 * 1024;

/// The longest piece of inputs in the store, whose values end at 1 MiB.
const PIECE: usize = 768 * 1024;

/// How often a waiting answer looks whether the run is over.
const GLANCES: Duration = Duration::from_millis(500);

/// How many runs a page shows.
const PAGE: usize = 50;

/// How many records are read for a page.
const LOOKED_AT: usize = 200;

/// How many records are read at a time.
const PARALLEL: usize = 8;

/// Runs a flow: once for each `Idempotency-Key`.
pub(crate) async fn run<W: World>(robots: &Robots<W>, parts: &Parts, body: Body) -> Answer {
    const ROUTE: &str = "runs";
    let key = idempotency_key::read(&parts.headers)?;
    let body = match read_body(body, BODY_LIMIT, ROUTE).await {
        Ok(body) => body,
        Err(response) => return Ok(response),
    };
    let request = RunRequest::parse(&body)?;
    let begun = robots.ports.clock.now();
    let id = match key {
        Some(key) => ids::of_idempotency_key(key),
        None => ids::random(&robots.ports.random),
    };
    let known = match key {
        Some(_) => robots.runs.read(&id).await?,
        None => None,
    };
    let (held, is_new) = match known {
        Some(held) => (held, false),
        None => Box::pin(record(robots, &id, &request)).await?,
    };
    if held.state().fingerprint != request.fingerprint() {
        return Err(Refusal::KeyReused);
    }
    // It is written down: what fails from here on is tried again by whoever comes next.
    let advanced = match is_new {
        true => Box::pin(robots.send(held)).await?,
        false => held,
    };
    let mut held = Box::pin(robots.go_on(advanced, Asked::ByCaller)).await?;
    let until = begun.plus(request.wait());
    loop {
        let left = until.since(robots.ports.clock.now());
        if held.state().is_finished() || left.is_zero() {
            break;
        }
        robots.ports.clock.sleep(GLANCES.min(left)).await;
        match Box::pin(robots.advance(&id, Asked::ByWaiter)).await? {
            Some(current) => held = current,
            None => return Err(Refusal::RunUnknown),
        }
    }
    let mut response = shown(robots, ROUTE, &held).await;
    if !held.state().is_finished() {
        *response.status_mut() = StatusCode::ACCEPTED;
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("2"));
    }
    if let Ok(location) = HeaderValue::try_from(format!("runs/{id}")) {
        response.headers_mut().insert(LOCATION, location);
    }
    Ok(response)
}

/// Writes a run down before anything is sent; whether it is new.
async fn record<W: World>(
    robots: &Robots<W>,
    id: &str,
    request: &RunRequest,
) -> Result<(Held, bool), Refusal> {
    let flow = robots.flow(request.flow.trim()).await?;
    inputs::check(&request.inputs, flow.schema.as_ref())?;
    let now = robots.ports.clock.now();
    let (fingerprint, text) = (request.fingerprint(), request.inputs_text().unwrap_or_default());
    robots.note(id, now).await?;
    let mut input_pieces = 0;
    for piece in text.as_bytes().chunks(PIECE) {
        let key = keys::inputs(id, &fingerprint, input_pieces);
        robots.ports.key_value.set(&key, piece).await?;
        input_pieces += 1;
    }
    let (connection, connection_type) = request.connection();
    let order = Order {
        flow: flow.id.clone(),
        flow_name: flow.name.clone(),
        mode: request.mode,
        priority: request.priority,
        connection: connection.to_owned(),
        connection_type,
        timeout: request.timeout,
        input_pieces,
    };
    let place = Place {
        environment: robots.configuration.dataverse.as_str().to_owned(),
        callbacks: robots.callbacks(),
        secret: CallbackSecret::new(&robots.ports.random),
    };
    Ok(robots
        .runs
        .create(id, Run::new(order, fingerprint, place, robots.ports.clock.now()))
        .await?)
}

/// Shows a run, with the outputs of one that succeeded: they are read from Dataverse each time, and never kept.
async fn shown<W: World>(robots: &Robots<W>, route: &'static str, held: &Held) -> Response<Body> {
    let mut shown = view(&held.id, held.state());
    if let (
        Phase::Finished { outcome: Outcome::Succeeded, session: Some(session), .. },
        Some(shown),
    ) = (&held.state().phase, shown.as_object_mut())
    {
        match Box::pin(robots.dataverse.outputs(session)).await {
            Ok(outputs) => {
                // Each number keeps its digits only as far as a value of JSON holds them.
                let outputs = outputs.and_then(|raw| serde_json::from_str::<Value>(raw.get()).ok());
                shown.insert("outputs".to_owned(), outputs.unwrap_or(Value::Null));
            }
            Err(error) => {
                robots.tell_throttling(&error, &held.state().order.connection).await;
                shown.insert(
                    "note".to_owned(),
                    json!(format!("the outputs cannot be read: {error}")),
                );
            }
        }
    }
    page(route, &shown)
}

/// Shows one run.
pub(crate) async fn one_run<W: World>(robots: &Robots<W>, id: &str) -> Answer {
    if !ids::is_id(id) {
        return Err(Refusal::RunUnknown);
    }
    let held = Box::pin(robots.advance(id, Asked::ByCaller)).await?;
    Ok(shown(robots, "run", &held.ok_or(Refusal::RunUnknown)?).await)
}

/// Stops a run.
pub(crate) async fn cancel<W: World>(robots: &Robots<W>, id: &str) -> Answer {
    const ROUTE: &str = "cancel";
    let held = if ids::is_id(id) { robots.runs.read(id).await? } else { None };
    let now = robots.ports.clock.now();
    let held = robots
        .runs
        .change(held.ok_or(Refusal::RunUnknown)?, |mut run| {
            if run.is_finished() {
                return None;
            }
            run.cancel = true;
            // What nobody sends at this moment needs nobody to stop it.
            let is_queued = matches!(run.phase, Phase::Queued { .. });
            Some(if is_queued { give_up(run, now) } else { run })
        })
        .await?;
    let held = match &held.state().phase {
        Phase::Started { .. } => Box::pin(robots.read_session(held)).await?,
        _ => held,
    };
    let mut response = shown(robots, ROUTE, &held).await;
    if !held.state().is_finished() {
        *response.status_mut() = StatusCode::ACCEPTED;
    }
    Ok(response)
}

/// Shows runs, a page at a time, in the order of their ids. A record that nobody can read is counted, and hides no other.
pub(crate) async fn all_runs<W: World>(robots: &Robots<W>, parts: &Parts) -> Answer {
    let (mut state, mut after) = (None, String::new());
    for (name, value) in parameters(parts) {
        match name {
            "state" if STATES.contains(&value.as_str()) => state = Some(value),
            "state" => {
                return Err(Refusal::Query(
                    "state must be queued, starting, uncertain, running, succeeded, failed, cancelled or timedOut",
                ));
            }
            "after" if ids::is_id(&value) => after = value,
            "after" => return Err(Refusal::Query("after must be the id of a run")),
            _ => return Err(Refusal::Query("there are the parameters state and after")),
        }
    }
    let keys = robots.ports.key_value.list(keys::RUNS).await?;
    let ids = keys.iter().filter_map(|key| key.strip_prefix(keys::RUNS));
    let mut ids: Vec<String> = ids.filter(|id| *id > after.as_str()).map(str::to_owned).collect();
    ids.sort_unstable();
    let count = ids.len();
    let mut records = stream::iter(ids.into_iter().take(LOOKED_AT))
        .map(|id| async move {
            let read = robots.runs.read(&id).await;
            (id, read)
        })
        .buffered(PARALLEL);
    let (mut shown, mut looked_at, mut unreadable, mut last) = (Vec::new(), 0, 0_u32, None);
    while shown.len() < PAGE
        && let Some((id, read)) = records.next().await
    {
        looked_at += 1;
        match read {
            Ok(Some(held))
                if state.as_deref().is_none_or(|state| state == held.state().state()) =>
            {
                shown.push(view(&id, held.state()));
            }
            Ok(_) => {}
            Err(ChangeError::Store(error)) => return Err(error.into()),
            Err(error) => {
                robots.warn(&format_args!("run {id} cannot be read: {error}"));
                unreadable += 1;
            }
        }
        last = Some(id);
    }
    drop(records);
    let mut found = Map::from_iter([("runs".to_owned(), Value::Array(shown))]);
    if unreadable > 0 {
        found.insert("unreadable".to_owned(), json!(unreadable));
    }
    if let (true, Some(last)) = (looked_at < count, last) {
        let with = state.map(|state| format!("state={state}&")).unwrap_or_default();
        found.insert("next".to_owned(), json!(format!("runs?{with}after={last}")));
    }
    Ok(page("runs", &Value::Object(found)))
}

const STATES: [&str; 8] =
    ["queued", "starting", "uncertain", "running", "succeeded", "failed", "cancelled", "timedOut"];
