//! Sinks that are called with a token: what their document may say, and what becomes of a delivery.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "this is a test"
)]

mod common;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use common::{START, event, now};
use headgate_core::{Body, Clock, HttpClient, HttpError, Timeout};
use headgate_events::delivery::OutcomeName;
use headgate_events::{
    Deliveries, KnownCredentials, Limits, NoOutlets, NoTokens, Outbox, OutboxPorts, Sinks,
    TokenUnavailable, Tokens,
};
use headgate_fakes::{
    CountingRandom, FixedVariables, ManualClock, MemoryDiagnostics, MemoryKeyValue,
};
use http::{HeaderValue, Request, Response, StatusCode};

const TOPIC: &str =
    "[topic]\nkind = \"event-grid-topic\"\nurl = \"https://t.example\"\ncredential = \"events\"\n";

/// Knows the credential `events`, whose tokens are `Bearer 1`, `Bearer 2` and so on, and who asked for what.
#[derive(Clone, Default)]
struct Publisher(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    number: u32,
    asked: Vec<String>,
    /// What is wrong next; then nothing is.
    failures: VecDeque<Option<Duration>>,
    is_stuck: bool,
}

impl Tokens for Publisher {
    async fn authorization(
        &self,
        credential: &str,
        scope: &str,
        refused: Option<&HeaderValue>,
    ) -> Result<Option<HeaderValue>, TokenUnavailable> {
        let mut state = self.0.lock().unwrap();
        state.asked.push(format!("{credential} {scope}"));
        if let Some(retry_after) = state.failures.pop_front() {
            return Err(TokenUnavailable {
                reason: "the secret has expired".to_owned(),
                retry_after,
            });
        }
        if refused.is_some() {
            if state.is_stuck {
                return Ok(None);
            }
            state.number += 1;
        }
        Ok(Some(HeaderValue::try_from(format!("Bearer {}", state.number)).unwrap()))
    }
}

impl KnownCredentials for Publisher {
    fn judge_credential(&self, name: &str) -> Result<(), &'static str> {
        if name == "events" { Ok(()) } else { Err("is nobody") }
    }

    fn judge_scope(&self, scope: &str) -> Result<(), &'static str> {
        if scope.contains(' ') { Err("is nothing") } else { Ok(()) }
    }
}

/// A sink that takes some tokens, and remembers which it was sent.
#[derive(Clone, Default)]
struct Guarded(Arc<Mutex<(Vec<String>, &'static [&'static str])>>);

impl HttpClient for Guarded {
    async fn send(
        &self,
        request: Request<Body>,
        _timeout: Timeout,
    ) -> Result<Response<Body>, HttpError> {
        let sent = request.headers().get_all("authorization").iter();
        let sent: Vec<_> = sent.map(|value| value.to_str().unwrap().to_owned()).collect();
        assert!(request.headers().get("aeg-sas-key").is_none());
        let mut state = self.0.lock().unwrap();
        let status = match sent.as_slice() {
            [one] if state.1.contains(&one.as_str()) => StatusCode::OK,
            _ => StatusCode::UNAUTHORIZED,
        };
        state.0.push(sent.join(", "));
        let mut response = Response::new(Body::empty());
        *response.status_mut() = status;
        Ok(response)
    }
}

struct Bench {
    sink: Guarded,
    publisher: Publisher,
    clock: ManualClock,
    diagnostics: MemoryDiagnostics,
    outbox: Outbox<
        Guarded,
        MemoryKeyValue,
        ManualClock,
        CountingRandom,
        MemoryDiagnostics,
        NoOutlets,
        Arc<Publisher>,
    >,
}

impl Bench {
    fn new(document: &str, takes: &'static [&'static str]) -> Self {
        let sink = Guarded::default();
        sink.0.lock().unwrap().1 = takes;
        let (clock, diagnostics) = (ManualClock::at(START), MemoryDiagnostics::new());
        let publisher = Publisher::default();
        let ports = OutboxPorts {
            http: sink.clone(),
            key_value: MemoryKeyValue::new(),
            clock: clock.clone(),
            random: CountingRandom::new(),
            diagnostics: diagnostics.clone(),
            outlets: NoOutlets,
        };
        let outbox = Outbox::new("test", load(document).unwrap(), ports);
        let outbox = outbox.with_tokens(Arc::new(publisher.clone()));
        Self { sink, publisher, clock, diagnostics, outbox }
    }

    fn published(&self) -> Deliveries {
        let handed = now(self.outbox.publish(event("1"))).unwrap();
        now(self.outbox.deliver(handed))
    }

    fn sent(&self) -> Vec<String> {
        self.sink.0.lock().unwrap().0.clone()
    }
}

fn load(document: &str) -> Result<Sinks, String> {
    let known = Publisher::default();
    now(Sinks::load_with(document, &FixedVariables::default(), &known)).map_err(|e| e.to_string())
}

#[test]
fn a_topic_a_namespace_and_a_webhook_are_called_with_a_token_for_their_scope() {
    let namespace = TOPIC.replace("event-grid-topic", "event-grid-namespace") + "topic = \"t\"\n";
    let webhook =
        TOPIC.replace("event-grid-topic", "webhook") + "scope = \"api://hook/.default\"\n";
    let own = TOPIC.to_owned() + "scope = \"https://eventgrid.azure.example/.default\"\n";
    for (document, scope) in [
        (TOPIC, "https://eventgrid.azure.net/.default"),
        (&namespace, "https://eventgrid.azure.net/.default"),
        (&webhook, "api://hook/.default"),
        (&own, "https://eventgrid.azure.example/.default"),
    ] {
        let bench = Bench::new(document, &["Bearer 0"]);
        assert_eq!(bench.published().delivered, 1, "{document}");
        assert_eq!(bench.sent(), ["Bearer 0"]);
        assert_eq!(bench.publisher.0.lock().unwrap().asked, [format!("events {scope}")]);
    }
}

#[test]
fn a_token_that_is_not_taken_is_replaced_at_once_and_once() {
    let bench = Bench::new(TOPIC, &["Bearer 1"]);
    assert_eq!(bench.published().delivered, 1);
    assert_eq!(bench.sent(), ["Bearer 0", "Bearer 1"]);

    let bench = Bench::new(TOPIC, &[]);
    assert_eq!(bench.published().dead_lettered, 1);
    assert_eq!(bench.sent(), ["Bearer 0", "Bearer 1"]);

    let bench = Bench::new(TOPIC, &[]);
    bench.publisher.0.lock().unwrap().is_stuck = true;
    assert_eq!(bench.published().dead_lettered, 1);
    assert_eq!(bench.sent(), ["Bearer 0"]);
}

#[test]
fn nobody_else_sends_an_event_while_two_tokens_are_got_for_it() {
    let bench = Bench::new(TOPIC, &["Bearer 0"]);
    // This instance is slow: it has the lease, and has sent nothing yet.
    let _handed = now(bench.outbox.publish(event("1"))).unwrap();
    // A minute for each token, ten seconds to connect and thirty to the answer each time.
    bench.clock.advance(Duration::from_secs(2 * (60 + 10 + 30)));
    assert_eq!(now(bench.outbox.deliver_due(Limits::default())), Deliveries::default());
    bench.clock.advance(Duration::from_secs(10));
    assert_eq!(now(bench.outbox.deliver_due(Limits::default())).delivered, 1);
}

#[test]
fn without_a_token_the_sink_is_not_called_and_the_event_is_tried_again_by_the_schedule() {
    let bench = Bench::new(TOPIC, &["Bearer 0"]);
    bench.publisher.0.lock().unwrap().failures.extend([None, Some(Duration::from_secs(600))]);
    assert_eq!(bench.published().failed, 1);
    let warnings: Vec<_> = bench.diagnostics.take().into_iter().map(|(_, text)| text).collect();
    assert!(
        warnings[0].contains("sink topic is not called: the secret has expired"),
        "{warnings:?}"
    );
    let waits = || {
        let sink = &now(bench.outbox.list()).unwrap().items[0].sinks[0];
        assert_eq!(sink.last_delivery_outcome, Some(OutcomeName::Unauthorized));
        let wait = sink.next_attempt.since(bench.clock.now());
        bench.clock.set(sink.next_attempt);
        wait.as_secs()
    };
    assert!((10..=11).contains(&waits()));
    assert_eq!(now(bench.outbox.deliver_due(Limits::default())).failed, 1);
    // What the service asked for is waited for.
    assert!((600..=660).contains(&waits()));
    assert!(bench.sent().is_empty());
    assert_eq!(now(bench.outbox.deliver_due(Limits::default())).delivered, 1);
    assert_eq!(bench.sent(), ["Bearer 0"]);
}

#[test]
fn a_credential_that_cannot_be_honoured_is_told_with_line_column_and_key() {
    let webhook = "[w]\nkind = \"webhook\"\nurl = \"https://w.example\"\n";
    for (document, expected) in [
        (
            TOPIC.replace("\"events\"", "\"hunter2\""),
            "line 4, column 1: topic.credential is nobody",
        ),
        (
            format!("{TOPIC}key = \"hunter2\"\n"),
            "line 5, column 1: topic.key and credential exclude each other",
        ),
        (
            format!("{TOPIC}sas-token = \"hunter2\"\n"),
            "line 5, column 1: topic.sas-token and credential exclude each other",
        ),
        (format!("{TOPIC}scope = \"a b\"\n"), "line 5, column 1: topic.scope is nothing"),
        (format!("{webhook}credential = \"events\"\n"), "line 1, column 2: w.scope is missing"),
        (
            format!("{webhook}scope = \"api://w/.default\"\n"),
            "line 4, column 1: w.scope says what a token is for, and there is no credential to have one",
        ),
        (
            format!("{}scope = \"api://w/.default\"\n", TOPIC.replace("credential", "key")),
            "line 5, column 1: topic.scope says what a token is for, and there is no credential to have one",
        ),
        (
            "[s]\nkind = \"stdout\"\ncredential = \"events\"\n".to_owned(),
            "line 3, column 1: s.credential is unknown",
        ),
    ] {
        assert_eq!(load(&document).unwrap_err(), expected, "{document}");
    }
}

#[test]
fn a_function_without_credentials_takes_no_sink_that_names_one_and_gives_no_token() {
    let refused = now(Sinks::load(TOPIC, &FixedVariables::default())).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "line 4, column 1: topic.credential names a credential, and this function has none"
    );
    assert!(now(NoTokens.authorization("events", "s", None)).is_err());
}
