//! The outbox's routes, mounted in a handler as a function does it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "this is a test"
)]

mod common;

use std::time::Duration;

use common::{ONE_WEBHOOK, World, event, now};
use headgate_core::{
    Body, Clock, Diagnostics, Handler, HttpClient, KeyValue, KeyValueError, Outcome, Problem,
    Random,
};
use headgate_events::{Limits, Outbox, Outlets};
use http::{Method, Request, Response, StatusCode};

/// A function of any ports: that it compiles proves that the outbox's futures are `Send` whatever they are.
struct Function<H, K, C, R, D, O> {
    outbox: Outbox<H, K, C, R, D, O>,
}

impl<H, K, C, R, D, O> Handler for Function<H, K, C, R, D, O>
where
    H: HttpClient,
    K: KeyValue,
    C: Clock,
    R: Random,
    D: Diagnostics,
    O: Outlets,
{
    async fn handle(&self, request: Request<Body>) -> Response<Body> {
        let (parts, _body) = request.into_parts();
        if let Some(response) = self.outbox.answer(&parts.method, parts.uri.path()).await {
            return response;
        }
        if parts.uri.path() == "/tick" {
            let handed = self.outbox.hand_over("state", &[]).await;
            self.outbox.deliver(handed).await;
            self.outbox.deliver_due(Limits::default()).await;
        }
        Problem::new(StatusCode::NOT_FOUND, "there is no such route").into_response()
    }
}

fn ask(world: &World, method: Method, path: &str) -> (StatusCode, serde_json::Value) {
    let function = Function { outbox: world.outbox() };
    let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
    let response = now(function.handle(request));
    let status = response.status();
    if path != "/other" && path != "/tick" {
        assert!(response.extensions().get::<Outcome>().is_some(), "{path}");
        assert_eq!(response.headers()["cache-control"], "no-store");
    }
    let body = now(response.into_body().read(100_000)).unwrap();
    (status, serde_json::from_slice(&body).unwrap())
}

fn with_one_failed(status: u16) -> World {
    let world = World::with_sinks(ONE_WEBHOOK);
    world.sink.answers_next([status]);
    let handed = now(world.outbox().publish(event("e 1/ü"))).unwrap();
    now(world.outbox().deliver(handed));
    world
}

#[test]
fn the_outbox_shows_what_is_on_its_way() {
    let world = with_one_failed(500);
    let (status, body) = ask(&world, Method::GET, "/outbox");
    assert_eq!(status, 200);
    let item = &body["outbox"][0];
    assert_eq!(item["event"]["id"], "e 1/ü");
    assert_eq!(item["published"], "2025-04-02T00:47:48.0000000Z");
    assert_eq!(item["sinks"][0]["sink"], "audit");
    assert_eq!(item["sinks"][0]["deliveryAttempts"], 1);
    assert_eq!(item["sinks"][0]["lastDeliveryOutcome"], "Busy");
    assert_eq!(body["more"], false);
}

#[test]
fn a_dead_letter_is_shown_and_redelivered_by_the_events_id() {
    let world = with_one_failed(400);
    let (status, body) = ask(&world, Method::GET, "/dead-letters");
    assert_eq!(status, 200);
    assert_eq!(body["deadLetters"][0]["deadletterreason"], "NotRetried");
    let (status, body) = ask(&world, Method::POST, "/dead-letters/e%201%2F%C3%BC:redeliver");
    assert_eq!(status, 200);
    assert_eq!((&body["delivered"], &body["redelivered"][0]["id"]), (&1.into(), &"e 1/ü".into()));
    assert_eq!(ask(&world, Method::GET, "/dead-letters").1["deadLetters"], serde_json::json!([]));
}

#[test]
fn a_dead_letter_that_is_not_there_and_a_wrong_method_are_refused() {
    let world = World::with_sinks(ONE_WEBHOOK);
    assert_eq!(ask(&world, Method::POST, "/dead-letters/nothing:redeliver").0, 404);
    assert_eq!(ask(&world, Method::POST, "/dead-letters/%ff:redeliver").0, 400);
    assert_eq!(ask(&world, Method::GET, "/dead-letters/e1:redeliver").0, 405);
    assert_eq!(ask(&world, Method::POST, "/outbox").0, 405);
    assert_eq!(ask(&world, Method::DELETE, "/dead-letters").0, 405);
    assert_eq!(ask(&world, Method::GET, "/other").0, 404);
}

#[test]
fn a_store_that_is_down_answers_503() {
    let world = World::with_sinks(ONE_WEBHOOK);
    world.store.fail_with(KeyValueError::Unavailable("down".to_owned()));
    for path in ["/outbox", "/dead-letters"] {
        assert_eq!(ask(&world, Method::GET, path).0, 503);
    }
    assert_eq!(ask(&world, Method::POST, "/dead-letters/e1:redeliver").0, 503);
}

#[test]
fn a_tick_delivers_what_is_due() {
    let world = with_one_failed(500);
    world.clock.advance(Duration::from_secs(60));
    ask(&world, Method::POST, "/tick");
    assert_eq!(world.sink.taken(), ["e 1/ü"]);
}
