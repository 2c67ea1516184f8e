use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use headgate_core::{Body, ClientAddress, Clock, Timer, Timestamp};
use headgate_entra::{FixedEnvironment, World};
use headgate_entra_http::{Configuration, ConfigurationError, EntraHttp, Ports};
pub(crate) use headgate_fakes::{Answered, now};
use headgate_fakes::{
    CountingRandom, FixedVariables, ManualClock, MemoryDiagnostics, MemoryFiles, MemoryKeyValue,
    NeverHttp,
};
use http::Request;

use crate::net::Net;

pub(crate) const START: Timestamp = Timestamp::from_secs(1_743_554_868);

pub(crate) const CREDENTIALS: &str = r#"
[machine]
kind = "managed-identity"
source = "imds"
"#;

/// One upstream, called by the machine's identity.
pub(crate) const ORDERS: &str = r#"
[orders]
url = "https://orders.example/v1"
resource = "api://orders"
credential = "machine"
next-link = ["nextLink", "@odata.nextLink"]

[[orders.allow]]
methods = ["GET", "HEAD", "POST"]
paths = ["/orders/**", "/lists/*"]
"#;

/// A clock that moves by itself over pauses.
#[derive(Clone, Debug)]
pub(crate) struct SkippingClock(pub(crate) ManualClock);

impl Clock for SkippingClock {
    fn now(&self) -> Timestamp {
        self.0.now()
    }
}

impl Timer for SkippingClock {
    async fn sleep(&self, duration: Duration) {
        self.0.advance(duration);
    }
}

/// What all instances share.
#[derive(Clone)]
pub(crate) struct Town {
    pub(crate) store: MemoryKeyValue,
    pub(crate) net: Net,
    pub(crate) clock: SkippingClock,
    pub(crate) random: CountingRandom,
    pub(crate) diagnostics: MemoryDiagnostics,
    pub(crate) variables: Vec<(&'static str, String)>,
}

pub(crate) enum Fakes {}

impl World for Fakes {
    type Http = Net;
    type KeyValue = MemoryKeyValue;
    type Clock = SkippingClock;
    type Random = CountingRandom;
    type Files = MemoryFiles;
    type Diagnostics = MemoryDiagnostics;
    type Environment = FixedEnvironment;
}

pub(crate) type Function = EntraHttp<Fakes>;

impl Town {
    pub(crate) fn new(upstreams: &str) -> Self {
        Self {
            store: MemoryKeyValue::new(),
            net: Net::new(),
            clock: SkippingClock(ManualClock::at(START)),
            random: CountingRandom::new(),
            diagnostics: MemoryDiagnostics::new(),
            variables: vec![
                ("upstreams", upstreams.to_owned()),
                ("credentials", CREDENTIALS.to_owned()),
                ("access", "anonymous".to_owned()),
            ],
        }
    }

    pub(crate) fn with(mut self, name: &'static str, value: &str) -> Self {
        self.variables.retain(|(known, _)| *known != name);
        self.variables.push((name, value.to_owned()));
        self
    }

    pub(crate) fn function(&self) -> Function {
        self.try_function().unwrap()
    }

    pub(crate) fn try_function(&self) -> Result<Function, ConfigurationError> {
        let variables = FixedVariables::new(self.variables.clone());
        let files = MemoryFiles::none();
        let configuration = now(Configuration::load(&variables, &files, &NeverHttp, &self.random))?;
        let acting = headgate_entra::Ports {
            http: self.net.clone(),
            key_value: self.store.clone(),
            clock: self.clock.clone(),
            random: self.random.clone(),
            files,
            diagnostics: self.diagnostics.clone(),
            environment: FixedEnvironment::default(),
        };
        let public_http = self.net.clone();
        Ok(EntraHttp::new(configuration, Ports { acting, public_http }))
    }
}

pub(crate) fn send(function: &Function, request: Request<Body>) -> Answered {
    Answered::by(function, request)
}

/// A request as a native host passes it.
pub(crate) fn request(method: &str, path: &str, body: &str) -> Request<Body> {
    let builder = Request::builder()
        .method(method)
        .uri(path)
        .header("host", "gateway.example")
        .extension(ClientAddress(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 7))));
    let builder = match body.len() {
        0 => builder,
        length => builder.header("content-length", length),
    };
    builder.body(Body::from(body.to_owned())).unwrap()
}

pub(crate) fn get(function: &Function, path: &str) -> Answered {
    send(function, request("GET", path, ""))
}
