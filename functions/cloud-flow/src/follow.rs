use std::pin::pin;
use std::time::Duration;

use futures_util::future::{Either, select};
use headgate_core::{Body, Clock, Secret, Timer, Timestamp};
use http::header::LOCATION;
use http::{HeaderMap, Response, StatusCode, Uri};

use crate::call::fetch;
use crate::desk::Desk;
use crate::flows::Flow;
use crate::location;
use crate::ports::World;
use crate::refusal::Refusal;
use crate::reply::Failure;
use crate::retry_after::retry_after;

/// Where the answer of a run will be, and when to look.
#[derive(Clone)]
pub(crate) struct Place {
    pub(crate) location: Uri,
    pub(crate) due: Timestamp,
}

/// What a look has shown.
pub(crate) enum Look {
    /// The flow's answer.
    Answer(Response<Body>),
    /// The flow goes on.
    Running(Place),
}

/// The least time between two looks: `Retry-After: 0` is no reason to ask without a pause.
const LEAST_PAUSE: Duration = Duration::from_secs(1);

impl Place {
    /// What a 202 says; `None` when it does not say where: then the 202 is all that the flow answers.
    pub(crate) fn of(
        headers: &HeaderMap,
        flow: &Flow,
        now: Timestamp,
    ) -> Option<Result<Self, Failure>> {
        let value = headers.get(LOCATION)?;
        let text = value.to_str().unwrap_or_default();
        let pause = pause(headers, flow, now);
        let judged = location::judge(text, flow).map_err(Failure::Location);
        Some(judged.map(|location| Self { location, due: now.plus(pause) }))
    }

    /// The address, as a secret.
    pub(crate) fn secret(&self) -> Secret {
        Secret::new(self.location.to_string())
    }
}

fn pause(headers: &HeaderMap, flow: &Flow, now: Timestamp) -> Duration {
    retry_after(headers, now).unwrap_or(flow.poll).max(LEAST_PAUSE)
}

/// Looks once whether the flow has answered.
pub(crate) async fn look<W: World>(
    desk: &Desk<W>,
    flow: &Flow,
    place: &Place,
) -> Result<Look, Failure> {
    match fetch(desk, flow, &place.location).await {
        Ok(answer) if answer.status() == StatusCode::ACCEPTED => {
            let now = desk.ports.clock.now();
            let headers = answer.headers();
            let due = now.plus(pause(headers, flow, now));
            match Place::of(headers, flow, now) {
                None => Ok(Look::Running(Place { location: place.location.clone(), due })),
                Some(next) => Ok(Look::Running(next?)),
            }
        }
        Ok(answer) => Ok(Look::Answer(answer)),
        // It is only asked too often, and not gone.
        Err(Failure::Refused { refusal: Refusal::Throttled, retry_after, .. }) => {
            let pause = retry_after.unwrap_or(flow.poll).max(LEAST_PAUSE);
            let due = desk.ports.clock.now().plus(pause);
            Ok(Look::Running(Place { location: place.location.clone(), due }))
        }
        Err(failure) => Err(failure),
    }
}

/// Waits for the flow's answer, no longer than to `until`: a look that is under way then is given up.
///
/// What fails on the way and may pass is tried again at the next look; `place` is always where to look next.
pub(crate) async fn follow<W: World>(
    desk: &Desk<W>,
    flow: &Flow,
    place: &mut Place,
    until: Timestamp,
) -> Result<Option<Response<Body>>, Failure> {
    let clock = &desk.ports.clock;
    while place.due < until {
        clock.sleep(place.due.since(clock.now())).await;
        let looked = {
            let look = pin!(look(desk, flow, place));
            let end = pin!(clock.sleep(until.since(clock.now())));
            match select(look, end).await {
                Either::Left((looked, _)) => looked,
                Either::Right(_) => Err(Failure::TimedOut),
            }
        };
        match looked {
            Ok(Look::Answer(answer)) => return Ok(Some(answer)),
            Ok(Look::Running(next)) => *place = next,
            Err(failure) if failure.may_pass() => place.due = clock.now().plus(flow.poll),
            Err(failure) => return Err(failure),
        }
    }
    Ok(None)
}

impl Failure {
    /// Whether a later look may show more.
    pub(crate) const fn may_pass(&self) -> bool {
        match self {
            Self::Unreachable(_) | Self::TimedOut | Self::Lost => true,
            Self::Refused { refusal, .. } => {
                matches!(refusal, Refusal::Failed | Refusal::TookTooLong | Refusal::Throttled)
            }
            Self::Token(_)
            | Self::RequestBroken
            | Self::Redirected
            | Self::Location(_)
            | Self::NotKept => false,
        }
    }
}
