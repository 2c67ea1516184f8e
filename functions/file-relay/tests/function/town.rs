//! A world of fakes, with a place that files are read from and one that they go to.

use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use futures_util::{StreamExt, stream};
use headgate_core::{Body, Handler, HttpClient, HttpError, KeyValue, Timeout, Timer, Timestamp};
use headgate_entra::FixedEnvironment;
use headgate_events::NoOutlets;
use headgate_fakes::{
    CountingRandom, FixedVariables, ManualClock, MemoryDiagnostics, MemoryFiles, MemoryKeyValue,
    Tasks, UnsteadyKeyValue, now,
};
use headgate_file_relay::places::HostSettings;
use headgate_file_relay::{Configuration, ConfigurationError, FileRelay, Ports, World};
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::StreamBody;
use serde_json::Value;

use crate::memory_place::{Kind, MemoryPlace};

pub(crate) const START: Timestamp = Timestamp::from_secs(1_800_000_000);

/// The two places, by the names of their folders.
const PLACES: &str =
    "[a]\nkind = \"folder\"\npath = \"/a\"\n[b]\nkind = \"folder\"\npath = \"/b\"\nwrite = true\n";

const SINKS: &str = "[watch]\nkind = \"webhook\"\nurl = \"https://sink.example/events\"\n";

pub(crate) enum Fakes {}

impl headgate_entra::World for Fakes {
    type Http = Sink;
    type KeyValue = UnsteadyKeyValue;
    type Clock = ManualClock;
    type Random = CountingRandom;
    type Files = MemoryFiles;
    type Diagnostics = MemoryDiagnostics;
    type Environment = FixedEnvironment;
}

impl World for Fakes {
    type Outlets = NoOutlets;
    type Background = Tasks;
    type HostPlace = MemoryPlace;
}

pub(crate) type Function = FileRelay<Fakes>;

/// Takes events.
#[derive(Clone, Default)]
pub(crate) struct Sink(Arc<Mutex<Vec<Value>>>);

impl Sink {
    pub(crate) fn events(&self) -> Vec<Value> {
        self.0.lock().unwrap().clone()
    }
}

impl HttpClient for Sink {
    async fn send(
        &self,
        request: Request<Body>,
        _timeout: Timeout,
    ) -> Result<Response<Body>, HttpError> {
        let body = now(request.into_body().read(1_000_000)).unwrap();
        self.0.lock().unwrap().push(serde_json::from_slice(&body).unwrap());
        Ok(Response::new(Body::empty()))
    }
}

/// What all instances share, and what a process does not take with it when it dies.
#[derive(Clone)]
pub(crate) struct Town {
    pub(crate) store: UnsteadyKeyValue,
    pub(crate) clock: ManualClock,
    pub(crate) random: CountingRandom,
    pub(crate) diagnostics: MemoryDiagnostics,
    pub(crate) sink: Sink,
    pub(crate) from: MemoryPlace,
    pub(crate) to: MemoryPlace,
    pub(crate) tasks: Tasks,
    pub(crate) variables: Vec<(&'static str, String)>,
    pub(crate) environment: FixedEnvironment,
}

/// An answer with all of its body.
#[derive(Debug)]
pub(crate) struct Answered {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answered {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("{self:?}"))
    }
}

impl Town {
    pub(crate) fn new() -> Self {
        Self::of(Kind::default(), Kind::default())
    }

    pub(crate) fn of(from: Kind, to: Kind) -> Self {
        Self {
            store: UnsteadyKeyValue::over(MemoryKeyValue::new()),
            clock: ManualClock::at(START),
            random: CountingRandom::new(),
            diagnostics: MemoryDiagnostics::new(),
            sink: Sink::default(),
            from: MemoryPlace::new(from),
            to: MemoryPlace::new(to),
            tasks: Tasks::before_the_answer(),
            variables: vec![
                ("places", PLACES.to_owned()),
                ("access", "anonymous".to_owned()),
                ("sinks", SINKS.to_owned()),
            ],
            environment: FixedEnvironment::default(),
        }
    }

    pub(crate) fn with(mut self, name: &'static str, value: &str) -> Self {
        self.variables.retain(|(known, _)| *known != name);
        self.variables.push((name, value.to_owned()));
        self
    }

    pub(crate) fn without(mut self, name: &'static str) -> Self {
        self.variables.retain(|(known, _)| *known != name);
        self
    }

    /// An instance.
    pub(crate) fn function(&self) -> Function {
        self.try_function().unwrap_or_else(|error| panic!("{error}"))
    }

    pub(crate) fn try_function(&self) -> Result<Function, ConfigurationError> {
        let variables = FixedVariables::new(self.variables.clone());
        let files = MemoryFiles::none();
        let host = |settings: HostSettings| match settings {
            HostSettings::Folder(folder) if folder.path == "/a" => Ok(self.from.clone()),
            HostSettings::Folder(_) => Ok(self.to.clone()),
            HostSettings::Sftp(_) => Err("is not here"),
        };
        let configuration = Configuration::load(&variables, &files, &self.sink, &self.random, host);
        let configuration = now(configuration)?;
        let acting = headgate_entra::Ports {
            http: self.sink.clone(),
            key_value: self.store.clone(),
            clock: self.clock.clone(),
            random: self.random.clone(),
            files,
            diagnostics: self.diagnostics.clone(),
            environment: self.environment.clone(),
        };
        let (public_http, outlets) = (self.sink.clone(), NoOutlets);
        let ports = Ports { acting, public_http, outlets, background: self.tasks.clone() };
        Ok(FileRelay::new(configuration, ports))
    }

    /// Does something to its end, while the clock goes on whenever it waits.
    pub(crate) fn drive<T>(&self, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        let mut context = Context::from_waker(Waker::noop());
        let mut beside = self.tasks.take();
        for _ in 0..100_000 {
            if let Poll::Ready(done) = work.as_mut().poll(&mut context) {
                assert!(beside.is_empty() || self.tasks.take().is_empty());
                self.finish(beside);
                return done;
            }
            beside.extend(self.tasks.take());
            beside.retain_mut(|task| task.as_mut().poll(&mut context).is_pending());
            self.clock.advance(Duration::from_millis(50));
        }
        panic!("it does not come to an end");
    }

    /// Does what goes on beside requests to its end.
    pub(crate) fn finish(&self, mut beside: Vec<headgate_fakes::Task>) {
        let mut context = Context::from_waker(Waker::noop());
        for _ in 0..100_000 {
            beside.extend(self.tasks.take());
            if beside.is_empty() {
                return;
            }
            beside.retain_mut(|task| task.as_mut().poll(&mut context).is_pending());
            self.clock.advance(Duration::from_millis(50));
        }
        panic!("what goes on beside does not come to an end");
    }

    pub(crate) fn send(&self, function: &Function, request: Request<Body>) -> Answered {
        self.drive(async {
            let (parts, body) = function.handle(request).await.into_parts();
            let body = body.read(10_000_000).await.unwrap().to_vec();
            Answered { status: parts.status, headers: parts.headers, body }
        })
    }

    pub(crate) fn post(&self, path: &str, body: &str) -> Answered {
        self.send(&self.function(), request("POST", path, body.as_bytes()))
    }

    pub(crate) fn get(&self, path: &str) -> Answered {
        self.send(&self.function(), request("GET", path, b""))
    }

    /// Carries a file from `a` to `b`, and gives the receipt.
    pub(crate) fn relay(&self, from: &str, to: &str, options: &str) -> Value {
        self.post("/relays", &order(from, to, options)).json()
    }

    pub(crate) fn tick(&self) {
        assert_eq!(self.post("/tick", "").status, 200);
    }

    /// Lets ticks come until a relay is over; its receipt.
    pub(crate) fn tick_until_over(&self, id: &str) -> Value {
        for _ in 0..200 {
            let receipt = self.get(&format!("/relays/{id}")).json();
            if receipt["endedTime"].is_string() {
                return receipt;
            }
            self.clock.advance(Duration::from_secs(31));
            self.tick();
        }
        panic!("the relay does not come to its end");
    }

    pub(crate) fn keys(&self, prefix: &str) -> Vec<String> {
        now(self.store.memory().list(prefix)).unwrap()
    }
}

pub(crate) fn order(from: &str, to: &str, options: &str) -> String {
    format!(
        r#"{{"source":{{"place":"a","path":"{from}"}},"destination":{{"place":"b","path":"{to}"}},"options":{{{options}}}}}"#
    )
}

pub(crate) fn request(method: &str, path: &str, body: &[u8]) -> Request<Body> {
    Request::builder().method(method).uri(path).body(Body::from(body.to_vec())).unwrap()
}

/// A body that comes in two halves with a pause between them.
pub(crate) fn slowly(town: &Town, content: &[u8], pause: Duration) -> Body {
    let (first, second) = content.split_at(content.len() / 2);
    let (first, second) = (first.to_vec(), second.to_vec());
    let clock = town.clock.clone();
    let frame =
        |bytes: Vec<u8>| Ok::<_, std::convert::Infallible>(http_body::Frame::data(bytes.into()));
    let frames = stream::once(async move { frame(first) }).chain(stream::once(async move {
        clock.sleep(pause).await;
        frame(second)
    }));
    Body::stream(StreamBody::new(Box::pin(frames)))
}

/// A content of so many bytes in which no two neighbours are the same.
pub(crate) fn bytes(length: usize) -> Vec<u8> {
    (0..length).map(|at| u8::try_from((at * 7 + at / 251) % 256).unwrap()).collect()
}
