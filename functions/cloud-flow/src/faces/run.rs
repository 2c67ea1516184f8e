use headgate_core::reply::{page, problem, store_unavailable, with_outcome};
use headgate_core::{Body, Clock, Timestamp, retry_after_seconds};
use http::header::RETRY_AFTER;
use http::{HeaderValue, Response, StatusCode, Uri};
use serde_json::json;

use crate::caller_answer::{caller_answer, put_named};
use crate::desk::{Desk, Record};
use crate::flows::Flow;
use crate::follow::{Look, Place, look};
use crate::ports::World;
use crate::refusal::{RUN_ID, Refusal};
use crate::reply::{Failure, unknown_run};
use crate::run::{Phase, Run};
use crate::run_id::RunId;

const ROUTE: &str = "run";

/// Gives the answer of a run: looks for it once, unless the flow has asked for patience.
pub(crate) async fn run<W: World>(desk: &Desk<W>, flow: &Flow, id: &str) -> Response<Body> {
    let Some(id) = RunId::parse(id) else { return unknown_run(ROUTE) };
    let record = match desk.read(&id).await {
        Ok(Some(record)) if record.run.flow == flow.name => record,
        Ok(_) => return unknown_run(ROUTE),
        Err(error) => {
            desk.warn(&format_args!("a run of flow {} is not read: {error}", flow.name));
            return store_unavailable(ROUTE);
        }
    };
    let now = desk.ports.clock.now();
    match &record.run.phase {
        _ if record.run.is_old(now, desk.configuration.retention) => unknown_run(ROUTE),
        Phase::Sent => sent(flow, &id, &record.run, now),
        Phase::Answered => {
            let detail = "its caller got the answer at once, and it was not kept";
            problem(
                StatusCode::GONE,
                "the answer is not here any more",
                detail,
                (ROUTE, "RunAnswered"),
            )
        }
        Phase::Running { due, .. } if now < due.timestamp() => {
            running(&id, &record.run, due.timestamp(), now, ROUTE)
        }
        Phase::Running { location, due } => {
            let opened = id.open(&flow.name, location);
            let location = opened.and_then(|location| location.expose().parse::<Uri>().ok());
            let Some(location) = location else { return unknown_run(ROUTE) };
            let place = Place { location, due: due.timestamp() };
            Box::pin(shown(desk, flow, &id, &record, &place)).await
        }
    }
}

/// A run whose caller named it: nobody knows more of it than that it was sent.
fn sent(flow: &Flow, id: &RunId, run: &Run, now: Timestamp) -> Response<Body> {
    let until = run.begun.timestamp().plus(flow.timeout.connect).plus(flow.timeout.first_byte);
    if now < until {
        return running(id, run, now.plus(flow.poll), now, ROUTE);
    }
    let detail = "it was sent, and what came of it was lost on the way here; the flow may have run: see its history";
    problem(StatusCode::GONE, "the answer is not here", detail, (ROUTE, "RunUncertain"))
}

async fn shown<W: World>(
    desk: &Desk<W>,
    flow: &Flow,
    id: &RunId,
    record: &Record,
    place: &Place,
) -> Response<Body> {
    match look(desk, flow, place).await {
        Ok(Look::Answer(answer)) => {
            let mut response = caller_answer(flow, answer);
            if !response.headers().contains_key(RUN_ID) {
                put_named(response.headers_mut(), &record.run.named);
            }
            with_outcome(response, ROUTE, "ok")
        }
        Ok(Look::Running(next)) => {
            let mut run = record.run.clone();
            if let Some(location) = id.seal(&flow.name, &next.secret(), &desk.ports.random) {
                run.phase = Phase::Running { location, due: next.due.into() };
                // Another who looked at the same time has written the same.
                if let Err(error) = desk.put(id, Some(&record.bytes), &run).await {
                    let name = &flow.name;
                    desk.warn(&format_args!(
                        "a run of flow {name} is asked for too early: {error}"
                    ));
                }
            }
            running(id, &run, next.due, desk.ports.clock.now(), ROUTE)
        }
        Err(Failure::Refused { refusal, .. }) if is_gone(refusal) => {
            let detail = "Power Automate does not have the answer of this run any more";
            problem(StatusCode::GONE, "the answer is not here any more", detail, (ROUTE, "RunGone"))
        }
        Err(failure) => {
            if let Some(said) = failure.for_the_log(flow) {
                desk.warn(&said);
            }
            failure.reply(flow, ROUTE)
        }
    }
}

/// Whether the address of an answer is not good any more: it is deleted, or its signature has ended.
const fn is_gone(refusal: Refusal) -> bool {
    match refusal {
        Refusal::SignatureRequired
        | Refusal::TokensNotTaken
        | Refusal::ClaimsNotTaken
        | Refusal::SignatureWrong
        | Refusal::NotAuthorized
        | Refusal::FlowAbsent => true,
        Refusal::Throttled | Refusal::NoAnswer | Refusal::TookTooLong | Refusal::Failed => false,
    }
}

/// Says that a run goes on, and when to ask again.
pub(super) fn running(
    id: &RunId,
    run: &Run,
    due: Timestamp,
    now: Timestamp,
    route: &'static str,
) -> Response<Body> {
    let mut response = page(
        route,
        &json!({
            "id": id.expose(),
            "flow": run.flow,
            "status": "running",
            "begunAt": run.begun.timestamp().to_string(),
        }),
    );
    *response.status_mut() = StatusCode::ACCEPTED;
    let headers = response.headers_mut();
    put_named(headers, &run.named);
    headers.insert(RETRY_AFTER, HeaderValue::from(retry_after_seconds(due.since(now))));
    with_outcome(response, route, "running")
}
