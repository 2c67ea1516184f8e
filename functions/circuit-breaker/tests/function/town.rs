use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use headgate_circuit_breaker::{CircuitBreaker, Configuration, ConfigurationError, Ports, World};
use headgate_core::{Body, ClientAddress, Timestamp};
use headgate_events::{NoTokens, Outlets, PrintError};
pub(crate) use headgate_fakes::{Answered, now};
use headgate_fakes::{
    CountingRandom, FixedVariables, ManualClock, MemoryDiagnostics, MemoryFiles, NeverHttp, Tasks,
    UnsteadyKeyValue,
};
use http::Request;

use crate::net::Net;

pub(crate) const START: Timestamp = Timestamp::from_secs(1_743_554_868);

/// One backend with a rule that three failures within a minute trip for ten seconds.
pub(crate) const ORDERS: &str = r#"
[backends.Orders]
url = "https://orders.example/v1"

[[backends.Orders.circuitBreaker.rules]]
name = "failures"
tripDuration = "PT10S"
acceptRetryAfter = true
failureCondition = { count = 3, interval = "PT1M", statusCodeRanges = [{ min = 500, max = 599 }] }
"#;

const SINKS: &str = r#"
[watch]
kind = "webhook"
url = "https://sink.example/events"

[lines]
kind = "stdout"
"#;

/// What all instances share, and what a process does not take with it when it dies.
#[derive(Clone)]
pub(crate) struct Town {
    pub(crate) store: UnsteadyKeyValue,
    pub(crate) net: Net,
    pub(crate) clock: ManualClock,
    pub(crate) random: CountingRandom,
    pub(crate) diagnostics: MemoryDiagnostics,
    pub(crate) lines: Lines,
    pub(crate) tasks: Tasks,
    pub(crate) variables: Vec<(&'static str, String)>,
}

pub(crate) enum Fakes {}

impl World for Fakes {
    type Http = Net;
    type KeyValue = UnsteadyKeyValue;
    type Clock = ManualClock;
    type Random = CountingRandom;
    type Diagnostics = MemoryDiagnostics;
    type Outlets = Lines;
    type Tokens = NoTokens;
    type Background = Tasks;
}

pub(crate) type Function = CircuitBreaker<Fakes>;

impl Town {
    /// A host that does everything before it answers, and a backend that answers 200.
    pub(crate) fn new(backends: &str) -> Self {
        let net = Net::default();
        net.answers("orders.example", 200);
        Self {
            store: UnsteadyKeyValue::with_records("breaker/"),
            net,
            clock: ManualClock::at(START),
            random: CountingRandom::new(),
            diagnostics: MemoryDiagnostics::new(),
            lines: Lines::default(),
            tasks: Tasks::before_the_answer(),
            variables: vec![
                ("backends", backends.to_owned()),
                ("sinks", SINKS.to_owned()),
                ("access", "anonymous".to_owned()),
            ],
        }
    }

    /// The same on a host that goes on after the answer.
    pub(crate) fn that_goes_on(backends: &str) -> Self {
        Self { tasks: Tasks::beside_the_answer(), ..Self::new(backends) }
    }

    pub(crate) fn with(mut self, name: &'static str, value: &str) -> Self {
        self.variables.retain(|(known, _)| *known != name);
        self.variables.push((name, value.to_owned()));
        self
    }

    /// An instance.
    pub(crate) fn function(&self) -> Function {
        self.try_function().unwrap()
    }

    pub(crate) fn try_function(&self) -> Result<Function, ConfigurationError> {
        let variables = FixedVariables::new(self.variables.clone());
        let files = MemoryFiles::none();
        let configuration = Configuration::load(&variables, &files, &NeverHttp, &self.random);
        let configuration = now(configuration)?;
        let ports = Ports {
            http: self.net.clone(),
            key_value: self.store.clone(),
            clock: self.clock.clone(),
            random: self.random.clone(),
            diagnostics: self.diagnostics.clone(),
            outlets: self.lines.clone(),
            tokens: NoTokens,
            background: self.tasks.clone(),
        };
        Ok(CircuitBreaker::new(configuration, ports))
    }

    /// Lets everything come to its end that goes on beside the answers.
    pub(crate) fn settle(&self) {
        self.tasks.run(Vec::new(), &self.clock, 1);
    }

    pub(crate) fn advance(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }
}

pub(crate) fn send(function: &Function, request: Request<Body>) -> Answered {
    Answered::by(function, request)
}

/// A request as a native host passes it.
pub(crate) fn request(method: &str, path: &str, body: &str) -> Request<Body> {
    Request::builder()
        .method(method)
        .uri(path)
        .header("host", "gateway.example")
        .extension(ClientAddress(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 7))))
        .body(Body::from(body.to_owned()))
        .unwrap()
}

pub(crate) fn get(function: &Function, path: &str) -> Answered {
    send(function, request("GET", path, ""))
}

pub(crate) fn post(function: &Function, path: &str, body: &str) -> Answered {
    send(function, request("POST", path, body))
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
