use std::sync::Arc;
use std::time::Duration;

use headgate_core::reply::{invalid, page, read_body, store_unavailable};
use headgate_core::{Body, Clock, Timestamp};
use http::Response;
use serde_json::Value;

use super::backends::view;
use crate::World;
use crate::backends::{Backend, parse_duration};
use crate::breaker::{Breaker, Breakers, From, Named};
use crate::judging::{self, BackendState, Judgement, MANUAL_TRIP};
use crate::reply::unknown_backend;

/// The longest body of a trip.
const BODY_LIMIT: usize = 4 * 1024;

/// Opens a backend by hand, for an hour or for the `duration` that the body says.
pub(crate) async fn trip<W: World>(
    breakers: &Arc<Breakers<W>>,
    name: &str,
    body: Body,
) -> Response<Body> {
    const ROUTE: &str = "trip";
    let Some(Named::Backend(breaker)) = breakers.get(name) else { return unknown_backend(ROUTE) };
    let body = match read_body(body, BODY_LIMIT, ROUTE).await {
        Ok(body) => body,
        Err(response) => return response,
    };
    let duration = match duration(&body) {
        Ok(duration) => duration,
        Err(detail) => return invalid(ROUTE, detail),
    };
    by_hand(breakers, breaker, ROUTE, |backend, state, now| {
        judging::trip(backend, state, duration, now)
    })
    .await
}

/// Closes a backend by hand.
pub(crate) async fn reset<W: World>(breakers: &Arc<Breakers<W>>, name: &str) -> Response<Body> {
    const ROUTE: &str = "reset";
    let Some(Named::Backend(breaker)) = breakers.get(name) else { return unknown_backend(ROUTE) };
    by_hand(breakers, breaker, ROUTE, judging::reset).await
}

async fn by_hand<W: World>(
    breakers: &Arc<Breakers<W>>,
    breaker: &Breaker,
    route: &'static str,
    judge: impl Fn(&Backend, BackendState, Timestamp) -> Judgement + Send + Sync,
) -> Response<Body> {
    let backend = &*breaker.backend;
    let changed =
        breakers.change(breaker, From::Store, |state, now| Some(judge(backend, state, now))).await;
    match changed {
        Ok(Some(known)) => page(route, &view(backend, known.state(), breakers.ports.clock.now())),
        Ok(None) => unknown_backend(route),
        Err(error) => {
            let name = &backend.name;
            breakers.warn(&format_args!("{route} of backend {name} is not stored: {error}"));
            store_unavailable(route)
        }
    }
}

/// Reads `{ "duration": "PT5M" }`; an empty body means [`MANUAL_TRIP`].
fn duration(body: &[u8]) -> Result<Duration, String> {
    if body.trim_ascii().is_empty() {
        return Ok(MANUAL_TRIP);
    }
    let value: Value =
        serde_json::from_slice(body).map_err(|error| format!("the body is not JSON: {error}"))?;
    let Value::Object(members) = value else {
        return Err("the body must be a JSON object".to_owned());
    };
    let mut duration = MANUAL_TRIP;
    for (name, value) in &members {
        match (name.as_str(), value) {
            ("duration", Value::String(text)) => {
                duration = parse_duration(text).map_err(|error| format!("duration {error}"))?;
            }
            ("duration", _) => return Err("duration must be a text, as PT5M".to_owned()),
            (other, _) => {
                let other: String = other.chars().take(80).collect();
                return Err(format!("{other:?} is no member of a trip; there is duration"));
            }
        }
    }
    Ok(duration)
}
