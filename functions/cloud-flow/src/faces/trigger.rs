use std::collections::BTreeMap;

use headgate_core::reply::{invalid, problem, store_unavailable, with_outcome};
use headgate_core::{Body, Clock, preference};
use http::request::Parts;
use http::{HeaderValue, Response, StatusCode};

use super::run::running;
use crate::call::call;
use crate::caller_answer::{caller_answer, named};
use crate::desk::Desk;
use crate::flows::Flow;
use crate::follow::{Place, follow};
use crate::ports::World;
use crate::reply::Failure;
use crate::run::{Phase, Run};
use crate::run_id::RunId;

pub(super) const ROUTE: &str = "trigger";

/// By which a caller names its run itself, so that it finds it again when its call is cut off.
const OWN_ID: &str = "x-headgate-run";

/// A call, with its record where there is one.
struct Call<'d, W: World> {
    desk: &'d Desk<W>,
    flow: &'d Flow,
    id: RunId,
    run: Run,
    /// Whether the caller made the id; otherwise it has it once the call has ended with it, and not before.
    is_named: bool,
    /// The record as it stands in the store.
    kept: Option<Vec<u8>>,
}

/// Calls a flow, and gives its answer, or says where that will be.
pub(crate) async fn trigger<W: World>(
    desk: &Desk<W>,
    flow: &Flow,
    parts: &Parts,
    body: Body,
) -> Response<Body> {
    if parts.uri.query().is_some_and(|query| !query.is_empty()) {
        return invalid(
            ROUTE,
            "a query is not passed on: send what the flow is to get in the body",
        );
    }
    let own = parts.headers.get(OWN_ID);
    let id = match own.map(|value| value.to_str().ok().and_then(RunId::parse)) {
        None => RunId::new(&desk.ports.random),
        Some(Some(id)) => id,
        Some(None) => {
            let detail = "X-Headgate-Run must be 32 random bytes as 43 characters of base64url";
            return invalid(ROUTE, detail);
        }
    };
    let begun = desk.ports.clock.now().into();
    let run = Run { flow: flow.name.clone(), begun, phase: Phase::Sent, named: BTreeMap::new() };
    let mut call = Call { desk, flow, id, run, is_named: own.is_some(), kept: None };
    if call.is_named
        && let Err(response) = call.claim().await
    {
        return response;
    }
    let wait = preference::wait(&parts.headers).unwrap_or(flow.wait).min(flow.wait);
    match call.answer(parts, body, wait).await {
        Ok(response) => response,
        Err(failure) => {
            if failure.is_before_the_run() || !call.is_named {
                call.release().await;
            }
            if let Some(said) = failure.for_the_log(flow) {
                desk.warn(&said);
            }
            failure.reply(flow, ROUTE)
        }
    }
}

impl<W: World> Call<'_, W> {
    /// Makes the record of a run that its caller named, before anything is sent.
    async fn claim(&mut self) -> Result<(), Response<Body>> {
        match self.desk.put(&self.id, None, &self.run).await {
            Ok(Some(bytes)) => {
                self.kept = Some(bytes);
                Ok(())
            }
            Ok(None) => {
                let detail = "X-Headgate-Run names a run that was sent before: ask for that, or take another id";
                let (status, title) = (StatusCode::CONFLICT, "the run was sent before");
                Err(problem(status, title, detail, (ROUTE, "RunSentBefore")))
            }
            Err(error) => {
                self.desk
                    .warn(&format_args!("nothing was sent to flow {}: {error}", self.flow.name));
                Err(store_unavailable(ROUTE))
            }
        }
    }

    async fn answer(
        &mut self,
        parts: &Parts,
        body: Body,
        wait: std::time::Duration,
    ) -> Result<Response<Body>, Failure> {
        let clock = &self.desk.ports.clock;
        // Boxed here and below: inline, the future of a request would nest deeper than the compiler follows.
        let answer = Box::pin(call(self.desk, self.flow, parts, body)).await?;
        let now = clock.now();
        let place = match answer.status() {
            StatusCode::ACCEPTED => Place::of(answer.headers(), self.flow, now),
            _ => None,
        };
        let Some(place) = place else {
            self.done().await;
            return Ok(with_outcome(caller_answer(self.flow, answer), ROUTE, "ok"));
        };
        let mut place = place?;
        self.run.named = named(answer.headers());
        // Before anybody waits: a call that is cut off does not lose its run.
        let kept = self.keep(&place).await;
        match Box::pin(follow(self.desk, self.flow, &mut place, now.plus(wait))).await? {
            Some(answer) => {
                if !self.is_named {
                    // Nobody has the id.
                    self.release().await;
                }
                Ok(with_outcome(caller_answer(self.flow, answer), ROUTE, "ok"))
            }
            None if self.keep(&place).await || kept => {
                let mut response = running(&self.id, &self.run, place.due, clock.now(), ROUTE);
                let location = format!("{}/runs/{}", self.flow.name, self.id.expose());
                if let Ok(location) = HeaderValue::try_from(location) {
                    response.headers_mut().insert(http::header::LOCATION, location);
                }
                Ok(response)
            }
            None => Err(Failure::NotKept),
        }
    }

    /// Writes where the answer will be; whether that stands in the store.
    async fn keep(&mut self, place: &Place) -> bool {
        let sealed = self.id.seal(&self.flow.name, &place.secret(), &self.desk.ports.random);
        let Some(location) = sealed else { return false };
        self.run.phase = Phase::Running { location, due: place.due.into() };
        self.write().await
    }

    /// Notes of a run that its caller named that it has been answered.
    async fn done(&mut self) {
        if self.kept.is_some() {
            self.run.phase = Phase::Answered;
            self.write().await;
        }
    }

    async fn write(&mut self) -> bool {
        match self.desk.put(&self.id, self.kept.as_deref(), &self.run).await {
            Ok(Some(bytes)) => {
                self.kept = Some(bytes);
                true
            }
            // Somebody who has the id has looked meanwhile, and written where to look next.
            Ok(None) => self.kept.is_some(),
            Err(error) => {
                let name = &self.flow.name;
                self.desk.warn(&format_args!("a run of flow {name} is not kept: {error}"));
                false
            }
        }
    }

    /// Forgets the record, if there is one.
    async fn release(&self) {
        if self.kept.is_some()
            && let Err(error) = self.desk.forget(&self.id).await
        {
            let name = &self.flow.name;
            self.desk
                .warn(&format_args!("a record of flow {name} that nobody asks for stays: {error}"));
        }
    }
}
