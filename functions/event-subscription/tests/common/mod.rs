//! What the tests share: a world of fakes, and the function that lives in it.
#![allow(dead_code, unused_imports, reason = "each test uses a part of it")]

mod receiver;

use std::sync::{Arc, Mutex};

use headgate_core::{Body, Handler, KeyValue, PlatformEvent, Timestamp};
use headgate_event_subscription::{Configuration, EventSubscription, Ports, World};
use headgate_events::{Event, NoTokens, Outlets, PrintError};
use headgate_fakes::{
    CountingRandom, FixedVariables, ManualClock, MemoryDiagnostics, MemoryFiles, MemoryKeyValue,
    NeverHttp, Tasks,
};
use http::{HeaderMap, Method, Request, Response, StatusCode};
use serde_json::{Value, json};

pub(crate) use headgate_fakes::{Crash, UnsteadyKeyValue, interleaved, now};
pub(crate) use receiver::{Call, Receiver};

pub(crate) const START: Timestamp = Timestamp::from_secs(1_743_554_868);

/// One rule that sends everything to a webhook.
pub(crate) const ONE_RULE: &str = r#"
[all]
then.webhook.url = "https://hook.example/in"
"#;

/// Two rules that send everything to two webhooks.
pub(crate) const TWO_RULES: &str = r#"
[first]
then.webhook.url = "https://first.example/"

[second]
then.webhook.url = "https://second.example/"
"#;

pub(crate) struct TestWorld<K>(std::marker::PhantomData<K>);

impl<K: KeyValue + Clone + 'static> World for TestWorld<K> {
    type Http = Receiver;
    type KeyValue = K;
    type Clock = ManualClock;
    type Random = CountingRandom;
    type Diagnostics = MemoryDiagnostics;
    type Outlets = Lines;
    type Tokens = NoTokens;
    type Background = Tasks;
}

pub(crate) type Function<K> = EventSubscription<TestWorld<K>>;

/// What a process does not take with it when it dies.
#[derive(Clone)]
pub(crate) struct Bench {
    pub(crate) store: MemoryKeyValue,
    pub(crate) receiver: Receiver,
    pub(crate) clock: ManualClock,
    pub(crate) random: CountingRandom,
    pub(crate) diagnostics: MemoryDiagnostics,
    pub(crate) lines: Lines,
    pub(crate) tasks: Tasks,
    pub(crate) variables: FixedVariables,
}

impl Bench {
    /// A world with these variables besides `checks = "none"` and `access = "anonymous"`.
    pub(crate) fn with(variables: &[(&str, &str)]) -> Self {
        let usual = [("checks", "none"), ("access", "anonymous")];
        let usual =
            usual.into_iter().filter(|(name, _)| !variables.iter().any(|(own, _)| own == name));
        let variables: Vec<_> = variables.iter().copied().chain(usual).collect();
        Self {
            store: MemoryKeyValue::new(),
            receiver: Receiver::default(),
            clock: ManualClock::at(START),
            random: CountingRandom::new(),
            diagnostics: MemoryDiagnostics::new(),
            lines: Lines::default(),
            tasks: Tasks::before_the_answer(),
            variables: FixedVariables::new(variables),
        }
    }

    pub(crate) fn with_rules(rules: &str) -> Self {
        Self::with(&[("rules", rules)])
    }

    pub(crate) fn function(&self) -> Function<MemoryKeyValue> {
        self.function_on(self.store.clone())
    }

    pub(crate) fn function_on<K: KeyValue + Clone + 'static>(&self, key_value: K) -> Function<K> {
        let configuration = now(configured(&self.variables)).unwrap();
        let ports = Ports {
            http: self.receiver.clone(),
            key_value,
            clock: self.clock.clone(),
            random: self.random.clone(),
            diagnostics: self.diagnostics.clone(),
            outlets: self.lines.clone(),
            tokens: NoTokens,
            background: self.tasks.clone(),
        };
        EventSubscription::new(configuration, ports)
    }

    /// Posts a message to `/events`.
    pub(crate) fn post(&self, headers: &[(&str, &str)], body: impl Into<Vec<u8>>) -> Answer {
        self.ask(post("/events", headers, body))
    }

    /// Posts events as a batch.
    pub(crate) fn deliver(&self, ids: &[&str]) -> Answer {
        self.ask(batch(ids))
    }

    pub(crate) fn ask(&self, request: Request<Body>) -> Answer {
        now(answered(&self.function(), request))
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.ask(Request::get(path).body(Body::empty()).unwrap())
    }

    pub(crate) fn tick(&self) {
        let answer = self.ask(Request::post("/tick").body(Body::empty()).unwrap());
        assert_eq!(answer.status, 200);
    }

    /// Hands over an event as the platform does.
    pub(crate) fn invoke(&self, event: &Value) -> Answer {
        self.ask(invocation(event))
    }

    pub(crate) fn keys(&self, prefix: &str) -> Vec<String> {
        now(self.store.list(&format!("event-subscription/{prefix}"))).unwrap()
    }
}

pub(crate) async fn configured(
    variables: &FixedVariables,
) -> Result<Configuration, headgate_event_subscription::ConfigurationError> {
    let (files, random) = (MemoryFiles::none(), CountingRandom::new());
    Configuration::load(variables, &files, &NeverHttp, &random).await
}

/// An answer, read to its end.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Answer {
    pub(crate) fn detail(&self) -> &str {
        self.body["detail"].as_str().unwrap_or_default()
    }

    pub(crate) fn retry_after(&self) -> u64 {
        self.headers["retry-after"].to_str().unwrap().parse().unwrap()
    }
}

pub(crate) async fn answered(function: &impl Handler, request: Request<Body>) -> Answer {
    let (parts, body) = function.handle(request).await.into_parts();
    let bytes = body.read(10_000_000).await.unwrap();
    let text = || Value::from(String::from_utf8_lossy(&bytes).into_owned());
    let body = serde_json::from_slice(&bytes).unwrap_or_else(|_| text());
    Answer { status: parts.status.as_u16(), headers: parts.headers, body }
}

pub(crate) fn post(
    path: &str,
    headers: &[(&str, &str)],
    body: impl Into<Vec<u8>>,
) -> Request<Body> {
    let mut request = Request::post(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Body::from(body.into())).unwrap()
}

pub(crate) const STRUCTURED: (&str, &str) = ("content-type", "application/cloudevents+json");
pub(crate) const BATCH: (&str, &str) = ("content-type", "application/cloudevents-batch+json");
pub(crate) const JSON: (&str, &str) = ("content-type", "application/json; charset=utf-8");

pub(crate) fn cloud_event(id: &str) -> Value {
    json!({
        "specversion": "1.0",
        "id": id,
        "source": "/gateway",
        "type": "Microsoft.ApiManagement.CircuitBreaker.Opened",
        "subject": "/backends/orders/circuit-breaker/rules/default",
        "data": { "backendName": "orders" }
    })
}

pub(crate) fn batch(ids: &[&str]) -> Request<Body> {
    let events: Vec<_> = ids.iter().map(|id| cloud_event(id)).collect();
    post("/events", &[BATCH], Value::from(events).to_string())
}

pub(crate) fn invocation(event: &Value) -> Request<Body> {
    let mut request = post("/events", &[("content-type", "application/json")], event.to_string());
    request.extensions_mut().insert(PlatformEvent::Other);
    request
}

/// The lines on the standard output.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lines(pub(crate) Arc<Mutex<Vec<String>>>);

impl Outlets for Lines {
    fn print(&self, line: &str) -> Result<(), PrintError> {
        self.0.lock().unwrap().push(line.to_owned());
        Ok(())
    }
}
