//! A world of fakes.

use std::sync::Arc;
use std::time::Duration;

use headgate_core::{Body, Clock, KeyValue, Timestamp};
use headgate_desktop_flow::{Configuration, ConfigurationError, DesktopFlow, Ports, World};
use headgate_entra::FixedEnvironment;
use headgate_events::NoOutlets;
pub(crate) use headgate_fakes::{Answered, now};
use headgate_fakes::{
    CountingRandom, FixedVariables, ManualClock, MemoryDiagnostics, MemoryFiles, MemoryKeyValue,
    Tasks, UnsteadyKeyValue,
};
use headgate_peers::connections::{ConnectionsApi, ConnectionsConfig};
use headgate_peers::dataverse::{
    Bearers, Dataverse, DataverseConfig, DesktopFlow as Flow, Ending, Ends, Session,
};
use headgate_peers::issuer::Guid;
use http::Request;
use serde_json::{Value, json};

use crate::net::{DATAVERSE, ENVIRONMENT, Net, TOKEN};

pub(crate) const START: Timestamp = Timestamp::from_secs(1_800_000_000);
pub(crate) const FLOW: Guid = Guid::from_u128(0xf1);
pub(crate) const GROUP: Guid = Guid::from_u128(0xe1);

const CREDENTIALS: &str = "[robots]\nkind = \"managed-identity\"\nsource = \"imds\"\n";
const SINKS: &str = "[watch]\nkind = \"webhook\"\nurl = \"https://sink.example/events\"\n";

pub(crate) enum Fakes {}

impl headgate_entra::World for Fakes {
    type Http = Net;
    type KeyValue = UnsteadyKeyValue;
    type Clock = ManualClock;
    type Random = CountingRandom;
    type Files = MemoryFiles;
    type Diagnostics = MemoryDiagnostics;
    type Environment = FixedEnvironment;
}

impl World for Fakes {
    type Variables = FixedVariables;
    type Outlets = NoOutlets;
    type Background = Tasks;
}

pub(crate) type Function = DesktopFlow<Fakes>;

/// What all instances share, and what a process does not take with it when it dies.
#[derive(Clone)]
pub(crate) struct Town {
    pub(crate) store: UnsteadyKeyValue,
    pub(crate) net: Net,
    pub(crate) clock: ManualClock,
    pub(crate) random: CountingRandom,
    pub(crate) diagnostics: MemoryDiagnostics,
    pub(crate) dataverse: Arc<Dataverse>,
    pub(crate) connections: Arc<ConnectionsApi>,
    pub(crate) variables: Vec<(&'static str, String)>,
}

/// A flow of this name; its schema has one text, `Name`, and one number, `Count`.
pub(crate) fn flow(id: Guid, name: &str, ends: Ends) -> Flow {
    let property = |of: &str| json!({ "title": "", "type": of, "format": null, "default": "" });
    Flow {
        id,
        name: name.to_owned(),
        inputs: json!({ "type": "object", "properties": { "Name": property("string"), "Count": property("number") } }),
        outputs: json!({ "type": "object", "properties": { "Greeting": property("string") } }),
        ends,
    }
}

pub(crate) fn greeting() -> Ending {
    Ending::succeeded(json!({ "Greeting": "Hello, ${Name}!" }))
}

impl Town {
    /// An environment with one flow, whose robots end after ten seconds.
    pub(crate) fn new() -> Self {
        Self::with_flows(
            vec![flow(FLOW, "Greet", Ends::After(Duration::from_secs(10), greeting()))],
            |_| {},
        )
    }

    /// One whose robots end when they are told to.
    pub(crate) fn that_is_told() -> Self {
        Self::with_flows(vec![flow(FLOW, "Greet", Ends::WhenTold)], |_| {})
    }

    pub(crate) fn with_flows(flows: Vec<Flow>, change: impl FnOnce(&mut DataverseConfig)) -> Self {
        let clock = ManualClock::at(START);
        let bearers = Bearers::Exactly(TOKEN.to_owned());
        let mut config = DataverseConfig {
            bearers: bearers.clone(),
            flows,
            references: vec!["cr_robots".to_owned()],
            clock: Arc::new(clock.clone()),
            ..DataverseConfig::default()
        };
        change(&mut config);
        let dataverse = Arc::new(Dataverse::new(config, DATAVERSE));
        let connections = Arc::new(ConnectionsApi::new(ConnectionsConfig {
            listen: std::net::SocketAddr::from(([127, 0, 0, 1], 0)),
            bearers,
            audience: "https://api.powerplatform.com".to_owned(),
            environment: ENVIRONMENT.to_owned(),
            machine_groups: vec![GROUP],
            password: "right".to_owned(),
            clock: Arc::new(clock.clone()),
        }));
        let net = Net::new(Arc::clone(&dataverse), Arc::clone(&connections));
        Self {
            store: UnsteadyKeyValue::over(MemoryKeyValue::new()),
            net,
            clock,
            random: CountingRandom::new(),
            diagnostics: MemoryDiagnostics::new(),
            dataverse,
            connections,
            variables: vec![
                ("dataverse_url", DATAVERSE.to_owned()),
                ("callback_url", "https://robots.example.com/desktop-flow".to_owned()),
                ("credentials", CREDENTIALS.to_owned()),
                ("environment_id", ENVIRONMENT.to_owned()),
                ("sinks", SINKS.to_owned()),
                ("access", "anonymous".to_owned()),
                ("robot_password", "right".to_owned()),
                ("robot_wrong", "wrong".to_owned()),
            ],
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
        self.try_function().unwrap()
    }

    pub(crate) fn try_function(&self) -> Result<Function, ConfigurationError> {
        let variables = FixedVariables::new(self.variables.clone());
        let files = MemoryFiles::none();
        let configuration = Configuration::load(&variables, &files, &self.net, &self.random);
        let configuration = now(configuration)?;
        let acting = headgate_entra::Ports {
            http: self.net.clone(),
            key_value: self.store.clone(),
            clock: self.clock.clone(),
            random: self.random.clone(),
            files,
            diagnostics: self.diagnostics.clone(),
            environment: FixedEnvironment::default(),
        };
        let (outlets, background) = (NoOutlets, Tasks::before_the_answer());
        let ports = Ports { acting, variables, outlets, background };
        Ok(DesktopFlow::new(configuration, ports))
    }

    pub(crate) fn advance(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    pub(crate) fn sessions(&self) -> Vec<Session> {
        self.dataverse.sessions()
    }

    pub(crate) fn keys(&self, prefix: &str) -> Vec<String> {
        now(self.store.memory().list(prefix)).unwrap()
    }

    /// Makes the callbacks that are owed, and gives the answers.
    pub(crate) fn call_back(&self, function: &Function) -> Vec<u16> {
        let owed = self.dataverse.take_callbacks();
        owed.iter()
            .map(|callback| {
                let path = callback
                    .address
                    .strip_prefix("https://robots.example.com/desktop-flow")
                    .unwrap();
                post(function, path, &callback.body).status.as_u16()
            })
            .collect()
    }

    pub(crate) fn tick(&self) {
        assert_eq!(post(&self.function(), "/tick", "").status, 200);
    }

    /// Lets time pass and ticks come until every run is over; what each of them is.
    pub(crate) fn tick_until_over(&self, hours: u64) -> Vec<Value> {
        let end = self.clock.now().plus(Duration::from_secs(hours * 3_600));
        let mut pause = 30;
        while self.clock.now() < end {
            // Ticks come every half minute; what takes hours is not looked at so often.
            self.advance(pause);
            pause = (pause + pause / 20).min(1_800);
            self.tick();
            let runs = self.runs();
            let is_over = |run: &Value| run["finishedOn"].is_string();
            if runs.iter().all(is_over) && self.keys("desktop-flow/outbox/").is_empty() {
                return runs;
            }
        }
        self.runs()
    }

    pub(crate) fn runs(&self) -> Vec<Value> {
        let mut runs = Vec::new();
        let mut path = "/runs".to_owned();
        loop {
            let page = get(&self.function(), &path).json();
            runs.extend(page["runs"].as_array().unwrap().clone());
            match page["next"].as_str() {
                Some(next) => path = format!("/{next}"),
                None => return runs,
            }
        }
    }
}

pub(crate) fn request(method: &str, path: &str, body: &str) -> Request<Body> {
    Request::builder().method(method).uri(path).body(Body::from(body.to_owned())).unwrap()
}

pub(crate) fn keyed(key: &str, body: &str) -> Request<Body> {
    let mut request = request("POST", "/runs", body);
    request.headers_mut().insert("idempotency-key", key.parse().unwrap());
    request
}

pub(crate) fn send(function: &Function, request: Request<Body>) -> Answered {
    Answered::by(function, request)
}

pub(crate) fn get(function: &Function, path: &str) -> Answered {
    send(function, request("GET", path, ""))
}

pub(crate) fn post(function: &Function, path: &str, body: &str) -> Answered {
    send(function, request("POST", path, body))
}

/// What most tests run.
pub(crate) const GREET: &str =
    r#"{"flow":"Greet","mode":"unattended","connection":"robots","inputs":{"Name":"Ada"}}"#;
