use headgate_core::reply::with_outcome;
use headgate_core::{Body, Clock, ids};
use http::{Response, StatusCode};

use crate::ports::World;
use crate::refusal::Refusal;
use crate::robots::Robots;
use crate::run::Asked;

/// The longest body that is read, and then not looked at.
const BODY_LIMIT: usize = 64 * 1024;

/// Takes Dataverse's callback (contracts §1.5). Nobody has signed it, so it says no more than that somebody should look: the
/// session is read again. What fails is answered so that Dataverse calls again.
pub(crate) async fn complete<W: World>(
    robots: &Robots<W>,
    token: &str,
    body: Body,
) -> Result<Response<Body>, Refusal> {
    let now = robots.ports.clock.now();
    // Read so that the connection can be used again.
    let _unbelieved = body.read(BODY_LIMIT).await;
    let unknown = || {
        robots.misses.add(now);
        Refusal::CallbackUnknown
    };
    let (id, secret) = token.split_once('.').ok_or_else(unknown)?;
    if !ids::is_id(id) {
        return Err(unknown());
    }
    if robots.misses.are_too_many(now) {
        return Err(Refusal::CallbacksTooMany);
    }
    let held = robots.runs.read(id).await?.ok_or_else(unknown)?;
    if !held.state().secret.is(secret) {
        return Err(unknown());
    }
    let held = Box::pin(robots.go_on(held, Asked::ByCallback)).await?;
    if !held.state().is_finished() {
        return Err(Refusal::CallbackEarly);
    }
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    Ok(with_outcome(response, "completion", "ok"))
}
