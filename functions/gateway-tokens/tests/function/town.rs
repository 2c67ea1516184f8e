use std::time::Duration;

use headgate_core::{Body, Timestamp};
use headgate_events::{NoOutlets, NoTokens};
pub(crate) use headgate_fakes::{Answered, now};
use headgate_fakes::{
    CountingRandom, FixedVariables, ManualClock, MemoryDiagnostics, MemoryFiles, NeverHttp, Tasks,
    UnsteadyKeyValue,
};
use headgate_gateway_tokens::{Configuration, ConfigurationError, GatewayTokens, Ports, World};
use http::Request;

use crate::net::Net;

/// 2025-02-15T08:56:00Z, ten days before the expiry of [`REGISTRATION`].
pub(crate) const START: Timestamp = Timestamp::from_secs(1_739_609_760);

pub(crate) const DAY: u64 = 86_400;

pub(crate) const REGISTRATION: &str =
    r#"{"gatewayId":"gw","instanceId":"one","expiresAt":"2025-02-25T08:56:00Z"}"#;

pub(crate) const ATTEMPT: &str = r#"{"id":"t","instanceId":"one"}"#;

const SINKS: &str = "[watch]\nkind = \"webhook\"\nurl = \"https://sink.example/events\"";

/// What all instances share, and what a process does not take with it when it dies.
#[derive(Clone)]
pub(crate) struct Town {
    pub(crate) store: UnsteadyKeyValue,
    pub(crate) net: Net,
    pub(crate) clock: ManualClock,
    pub(crate) random: CountingRandom,
    pub(crate) diagnostics: MemoryDiagnostics,
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
    type Outlets = NoOutlets;
    type Tokens = NoTokens;
    type Background = Tasks;
}

pub(crate) type Function = GatewayTokens<Fakes>;

impl Town {
    /// A host that does everything before it answers.
    pub(crate) fn new() -> Self {
        Self {
            store: UnsteadyKeyValue::with_records("gateway-token/"),
            net: Net::default(),
            clock: ManualClock::at(START),
            random: CountingRandom::new(),
            diagnostics: MemoryDiagnostics::new(),
            tasks: Tasks::before_the_answer(),
            variables: vec![("sinks", SINKS.to_owned()), ("access", "anonymous".to_owned())],
        }
    }

    /// The same on a host that goes on after the answer, over a network to the store.
    pub(crate) fn that_goes_on() -> Self {
        let town = Self::new();
        Self { tasks: Tasks::beside_the_answer(), store: town.store.yielding(), ..town }
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
            outlets: NoOutlets,
            tokens: NoTokens,
            background: self.tasks.clone(),
        };
        Ok(GatewayTokens::new(configuration, ports))
    }

    pub(crate) fn advance(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }
}

pub(crate) fn send(function: &Function, request: Request<Body>) -> Answered {
    Answered::by(function, request)
}

pub(crate) fn request(method: &str, path: &str, body: &str) -> Request<Body> {
    Request::builder().method(method).uri(path).body(Body::from(body.to_owned())).unwrap()
}

pub(crate) fn get(function: &Function, path: &str) -> Answered {
    send(function, request("GET", path, ""))
}

pub(crate) fn post(function: &Function, path: &str, body: &str) -> Answered {
    send(function, request("POST", path, body))
}

pub(crate) fn put(function: &Function, path: &str, body: &str) -> Answered {
    send(function, request("PUT", path, body))
}

pub(crate) fn tick(function: &Function) {
    assert_eq!(post(function, "/tick", "").status, 200);
}
