use std::sync::Arc;
use std::time::Duration;

use headgate_cloud_flow::{CloudFlow, Configuration, ConfigurationError, Ports};
use headgate_core::{Body, Clock, KeyValue, Secret, Timer, Timestamp};
use headgate_entra::{FixedEnvironment, World};
use headgate_fakes::{
    Answered, FixedVariables, ManualClock, MemoryDiagnostics, MemoryFiles, MemoryKeyValue,
    UnsteadyKeyValue,
};
use headgate_native::{OsRandom, ReqwestClient};
use headgate_peers::entra::{Api, ClientSecret, Entra, EntraConfig, EntraRunning, Registration};
use headgate_peers::issuer::{Guid, TokenVersion};
use headgate_peers::power_automate::{
    CloudFlow as Flow, Does, FlowAnswer, MayCall, PowerAutomate, PowerAutomateConfig,
    PowerAutomateRunning, Trusted,
};
use http::Request;
use serde_json::json;

pub(crate) const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);
pub(crate) const AUDIENCE: &str = "https://service.flow.microsoft.com/";
pub(crate) const SIGNATURE: &str = "s1gnature-of-notify";
const APPLICATION: Guid = Guid::from_u128(0xa1);
const SECRET: &str = "s3cret";

pub(crate) const ECHO: Guid = Guid::from_u128(1);
pub(crate) const APPROVE: Guid = Guid::from_u128(2);
pub(crate) const NOTIFY: Guid = Guid::from_u128(3);
pub(crate) const BROKEN: Guid = Guid::from_u128(4);
pub(crate) const STARTED: Guid = Guid::from_u128(5);
pub(crate) const FEW: Guid = Guid::from_u128(6);
pub(crate) const OFF: Guid = Guid::from_u128(7);
pub(crate) const STRICT: Guid = Guid::from_u128(8);
pub(crate) const OWN: Guid = Guid::from_u128(9);
pub(crate) const LATE: Guid = Guid::from_u128(10);

/// The ports of a test: real calls, and time as the test says.
#[derive(Debug)]
pub(crate) struct Test;

impl World for Test {
    type Http = ReqwestClient;
    type KeyValue = UnsteadyKeyValue;
    type Clock = TestClock;
    type Random = OsRandom;
    type Files = MemoryFiles;
    type Diagnostics = MemoryDiagnostics;
    type Environment = FixedEnvironment;
}

/// A clock that moves by itself over every short pause, or stands still until the test moves it. What bounds a call is longer,
/// and does not end by itself.
#[derive(Clone, Debug)]
pub(crate) struct TestClock {
    pub(crate) time: ManualClock,
    skips: bool,
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        self.time.now()
    }
}

impl Timer for TestClock {
    async fn sleep(&self, duration: Duration) {
        if self.skips && duration <= SHORT {
            self.time.advance(duration);
        } else {
            self.time.sleep(duration).await;
        }
    }
}

/// The longest pause that a clock moves over by itself.
const SHORT: Duration = Duration::from_secs(5);

pub(crate) type Function = CloudFlow<Test>;

/// A tenant with its flows, and what the function's instances have in common.
pub(crate) struct Tenant {
    pub(crate) entra: EntraRunning,
    pub(crate) flows: PowerAutomateRunning,
    pub(crate) clock: TestClock,
    pub(crate) store: UnsteadyKeyValue,
    pub(crate) diagnostics: MemoryDiagnostics,
    pub(crate) access: String,
}

fn flows() -> Vec<Flow> {
    let answers = |answer| Does::Answers(answer);
    let later = |looks, answer| Does::AnswersLater { looks, retry_after: Some(3), answer };
    let own = FlowAnswer {
        headers: [
            ("x-total", "7"),
            ("set-cookie", "a=1"),
            ("content-type", "text/plain"),
            ("location", "https://secret.example/"),
            ("x-other", "1"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec(),
        ..FlowAnswer::of(404, json!({ "reason": "no such order" }))
    };
    vec![
        Flow::new(ECHO, answers(FlowAnswer::echo())),
        Flow::new(APPROVE, later(2, FlowAnswer::of(200, json!({ "approved": true })))),
        Flow {
            may_call: MayCall::Anyone(Secret::new(SIGNATURE)),
            ..Flow::new(NOTIFY, answers(FlowAnswer::echo()))
        },
        Flow::new(BROKEN, Does::NeverAnswers),
        Flow::new(STARTED, Does::Accepts),
        Flow {
            may_call: MayCall::Specific(vec![Guid::from_u128(0xff)]),
            ..Flow::new(FEW, answers(FlowAnswer::echo()))
        },
        Flow { is_off: true, ..Flow::new(OFF, answers(FlowAnswer::echo())) },
        Flow { requires: Some("order".into()), ..Flow::new(STRICT, answers(FlowAnswer::echo())) },
        Flow::new(OWN, answers(own)),
        Flow::new(LATE, later(1, FlowAnswer::of(409, json!({ "error": { "code": "Late" } })))),
    ]
}

impl Tenant {
    pub(crate) async fn new() -> Self {
        Self::with_clock(true).await
    }

    /// One whose clock stands still.
    pub(crate) async fn patient() -> Self {
        Self::with_clock(false).await
    }

    async fn with_clock(skips: bool) -> Self {
        let clock = TestClock { time: ManualClock::at(NOW), skips };
        let secret = ClientSecret { value: Secret::new(SECRET), expires_at: None };
        let entra = Entra::start(EntraConfig {
            applications: vec![Registration {
                secrets: vec![secret],
                ..Registration::new(APPLICATION)
            }],
            apis: [(AUDIENCE, true), ("https://graph.microsoft.com/", true)]
                .map(|(uri, is_exact)| Api {
                    uri: uri.to_owned(),
                    id: Guid::derived_from(uri),
                    version: TokenVersion::V1,
                    is_exact,
                    scopes: Vec::new(),
                })
                .to_vec(),
            lifetime: Some(3_600),
            clock: Arc::new(clock.clone()),
            ..EntraConfig::default()
        });
        let entra = entra.await.unwrap();
        let flows = PowerAutomate::start(PowerAutomateConfig {
            trusted: Trusted::Issuer(Arc::clone(entra.issuer())),
            flows: flows(),
            clock: Arc::new(clock.clone()),
            ..PowerAutomateConfig::default()
        });
        Self {
            entra,
            flows: flows.await.unwrap(),
            clock,
            store: UnsteadyKeyValue::over(MemoryKeyValue::new()),
            diagnostics: MemoryDiagnostics::new(),
            access: "anonymous".to_owned(),
        }
    }

    pub(crate) fn advance(&self, seconds: u64) {
        self.clock.time.advance(Duration::from_secs(seconds));
    }

    pub(crate) fn credentials(&self) -> String {
        format!(
            "[robots]\nkind = \"client-secret\"\ntenant = \"{}\"\nclient-id = \"{APPLICATION}\"\nauthority = \"{}\"\n\
             client-secret = \"${{secret:robots}}\"\n",
            self.entra.tenant(),
            self.entra.base_url(),
        )
    }

    /// A flow of the document, called by the credential.
    pub(crate) fn table(&self, name: &str, id: Guid, more: &str) -> String {
        let url = self.flows.address(id).unwrap();
        format!("[{name}]\nurl = \"{url}\"\ncredential = \"robots\"\n{more}\n")
    }

    pub(crate) fn document(&self) -> String {
        let own = "answer-headers = [\"x-total\"]\nrequest-headers = [\"x-order\"]";
        [
            ("echo", ECHO, ""),
            ("approve", APPROVE, "wait-seconds = 30"),
            ("broken", BROKEN, ""),
            ("started", STARTED, ""),
            ("few", FEW, ""),
            ("off", OFF, ""),
            ("strict", STRICT, ""),
            ("own", OWN, own),
            ("late", LATE, ""),
            ("graph", ECHO, "audience = \"https://graph.microsoft.com/\""),
        ]
        .map(|(name, id, more)| self.table(name, id, more))
        .concat()
            + "[notify]\nurl = \"${secret:notify}\"\n[wrong]\nurl = \"${secret:wrong}\"\n"
    }

    pub(crate) async fn try_function(
        &self,
        flows: &str,
        credentials: &str,
    ) -> Result<Function, ConfigurationError> {
        let notify = self.flows.address(NOTIFY).unwrap();
        let wrong = notify.replace(SIGNATURE, "another");
        let variables = FixedVariables::new([
            ("flows", flows),
            ("credentials", credentials),
            ("access", &self.access),
            ("robots", SECRET),
            ("notify", &notify),
            ("wrong", &wrong),
        ]);
        let (files, http, random) = (MemoryFiles::none(), ReqwestClient::new(), OsRandom);
        let configuration = Configuration::load(&variables, &files, &http, &random).await?;
        let ports = Ports {
            http,
            key_value: self.store.clone(),
            clock: self.clock.clone(),
            random,
            files,
            diagnostics: self.diagnostics.clone(),
            environment: FixedEnvironment::default(),
        };
        Ok(CloudFlow::new(configuration, ports))
    }

    pub(crate) async fn function(&self) -> Function {
        self.try_function(&self.document(), &self.credentials()).await.unwrap()
    }

    /// The records of runs.
    pub(crate) async fn records(&self) -> Vec<serde_json::Value> {
        let mut records = Vec::new();
        for key in self.store.list("").await.unwrap() {
            let value = self.store.get(&key).await.unwrap().unwrap();
            records.push(serde_json::from_slice(&value).unwrap());
        }
        records
    }

    /// What a trigger and the looks at its runs have come to so far.
    pub(crate) fn requests(&self) -> u64 {
        self.flows.troubles().requests()
    }
}

pub(crate) fn request(method: &str, path: &str, body: &str) -> Request<Body> {
    Request::builder().method(method).uri(path).body(Body::from(body.to_owned())).unwrap()
}

pub(crate) fn with(mut request: Request<Body>, name: &'static str, value: &str) -> Request<Body> {
    request.headers_mut().insert(name, value.parse().unwrap());
    request
}

pub(crate) async fn send(function: &Function, request: Request<Body>) -> Answered {
    Answered::read(function, request).await
}

pub(crate) async fn post(function: &Function, path: &str, body: &str) -> Answered {
    send(function, request("POST", path, body)).await
}

pub(crate) async fn get(function: &Function, path: &str) -> Answered {
    send(function, request("GET", path, "")).await
}
