//! Whatever Entra, a managed identity's endpoint, Power Automate or Dataverse answers, it is used or refused with a reason:
//! nobody gets a secret that it is not for, and no answer leads anywhere but to the hosts of the flow's cloud, or of Dataverse.
//!
//! The input is an answer: its status, an empty line or lines of headers and an empty line, and the body.

#![no_main]

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use headgate_cloud_flow::{CloudFlow, Configuration};
use headgate_core::{Body, Clock, Handler, HttpClient, HttpError, Timeout, Timer, Timestamp};
use headgate_desktop_flow::{self as desktop_flow, DesktopFlow};
use headgate_entra::{Credentials, FixedEnvironment, Identities, Ports, Scope, World};
use headgate_events::NoOutlets;
use headgate_fakes::{
    CountingRandom, FixedVariables, ManualClock, MemoryDiagnostics, MemoryFiles, MemoryKeyValue,
    Tasks,
};
use headgate_fuzz::{message, now};
use http::header::{AUTHORIZATION, LOCATION};
use http::{HeaderMap, Method, Request, Response, StatusCode};
use libfuzzer_sys::fuzz_target;
use url::Url;

const CREDENTIALS: &str = r#"
[application]
kind = "client-secret"
tenant = "contoso.example"
client-id = "b2d4e6f8-1a3c-4e5f-8a7b-9c0d1e2f3a4b"
client-secret = "${secret:client-secret}"
[user]
kind = "password"
tenant = "contoso.example"
client-id = "b2d4e6f8-1a3c-4e5f-8a7b-9c0d1e2f3a4b"
username = "robot@contoso.example"
password = "${secret:password}"
[machine]
kind = "managed-identity"
source = "imds"
"#;

const FLOWS: &str = r#"
[approve]
url = "https://abc.de.environment.api.powerplatform.com/invoke?api-version=1"
credential = "application"
"#;

const RUN: &str =
    r#"{"flow":"37520647-dbdf-49fa-ba01-6134c14680c4","mode":"unattended","connection":"robots"}"#;

/// What every secret here begins with.
const GUARDED: &str = "never-shown";

/// The token that Entra gives where the answer is a flow's.
const TOKEN: &str = "never-shown-token";

fuzz_target!(|input: &[u8]| {
    // Who guesses a secret may be told it.
    if input.windows(GUARDED.len()).any(|text| text == GUARDED.as_bytes()) {
        return;
    }
    let Some(answer) = Answer::read(input) else { return };
    try_identities(&answer);
    try_flow(&answer);
    try_robot(&answer);
});

fn try_identities(answer: &Answer) {
    let credentials = now(Credentials::load(CREDENTIALS, &variables()));
    let credentials = credentials.expect("it is written out above");
    let names: Vec<String> = credentials.names().map(|(name, _)| name.to_owned()).collect();
    let http = Http { answer: Arc::new(answer.clone()), of: Of::Tokens };
    let (ports, diagnostics) = ports(http);
    let begun = ports.clock.now();
    let identities = Identities::new(credentials, None, ports);
    let scope = Scope::parse("https://graph.microsoft.com/.default").expect("it is a scope");
    for name in names {
        match now(identities.token(&name, &scope)) {
            Ok(token) => {
                assert!(token.authorization().is_sensitive() && !token.expose().is_empty());
                assert!(token.expires_at().since(begun) <= Duration::from_secs(49 * 60 * 60));
            }
            Err(error) => {
                assert!(!error.to_string().is_empty());
                assert!(!format!("{error} {error:?}").contains(GUARDED), "{error}");
            }
        }
    }
    assert!(!format!("{:?}", diagnostics.take()).contains(GUARDED));
}

fn try_flow(answer: &Answer) {
    let http = Http { answer: Arc::new(answer.clone()), of: Of::Flow };
    let (variables, (ports, diagnostics)) = (variables(), ports(http));
    let loaded = Configuration::load(&variables, &ports.files, &ports.http, &ports.random);
    let configuration = now(loaded).expect("it is written out above");
    let function = CloudFlow::<Fuzzed>::new(configuration, ports);
    let request = Request::post("/flows/approve").body(Body::from("{}")).expect("it is one");
    let (_, headers, body) = answered(&function, request);
    if let Some(location) = headers.get(LOCATION) {
        assert!(location.as_bytes().starts_with(b"approve/runs/"), "{location:?}");
    }
    assert!(!format!("{headers:?} {body} {:?}", diagnostics.take()).contains(GUARDED));
}

fn try_robot(answer: &Answer) {
    let http = Http { answer: Arc::new(answer.clone()), of: Of::Dataverse };
    let (variables, (ports, diagnostics)) = (variables(), ports(http));
    let loaded =
        desktop_flow::Configuration::load(&variables, &ports.files, &ports.http, &ports.random);
    let configuration = now(loaded).expect("it is written out above");
    let function = DesktopFlow::<Fuzzed>::new(
        configuration,
        desktop_flow::Ports {
            acting: ports,
            variables,
            outlets: NoOutlets,
            background: Tasks::before_the_answer(),
        },
    );
    for (method, path, body) in [
        (Method::POST, "/runs", RUN),
        (Method::POST, "/tick", ""),
        (Method::GET, "/runs", ""),
        (Method::GET, "/flows", ""),
    ] {
        let request = Request::builder().method(method).uri(path).body(Body::from(body));
        let (status, headers, body) = answered(&function, request.expect("it is one"));
        assert!(status.as_u16() < 600, "{status}");
        assert!(serde_json::from_str::<serde_json::Value>(&body).is_ok(), "{body}");
        assert!(!format!("{headers:?} {body} {:?}", diagnostics.take()).contains(GUARDED));
    }
}

fn answered(function: &impl Handler, request: Request<Body>) -> (StatusCode, HeaderMap, String) {
    let (head, body) = now(function.handle(request)).into_parts();
    let body = now(body.read(1024 * 1024)).expect("no body is that long, and none breaks off");
    (head.status, head.headers, String::from_utf8_lossy(&body).into_owned())
}

fn variables() -> FixedVariables {
    FixedVariables::new([
        ("flows", FLOWS),
        ("credentials", CREDENTIALS),
        ("access", "anonymous"),
        ("dataverse_url", "https://org.crm4.dynamics.com"),
        ("callback_url", "https://robots.example.com/desktop-flow"),
        ("credential", "application"),
        ("client_secret", "never-shown-client-secret"),
        ("password", "never-shown-password"),
    ])
}

/// What comes from outside, whatever is asked.
#[derive(Clone, Debug)]
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl Answer {
    fn read(input: &[u8]) -> Option<Self> {
        let (status, rest) = input.split_at(input.iter().position(|byte| *byte == b'\n')?);
        let status = StatusCode::from_bytes(status).ok().filter(|status| status.as_u16() >= 200)?;
        let rest = &rest[1..];
        let (headers, body) = match rest.strip_prefix(b"\n") {
            Some(body) => (HeaderMap::new(), body),
            None => message(rest)?,
        };
        Some(Self { status, headers, body: Bytes::copy_from_slice(body) })
    }

    fn give(&self) -> Response<Body> {
        let mut response = Response::new(Body::from(self.body.clone()));
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers.clone();
        response
    }
}

/// Gives the answer in the place of one service; before the others a token is to be had.
#[derive(Clone)]
struct Http {
    answer: Arc<Answer>,
    of: Of,
}

/// Whose answer it is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Of {
    Tokens,
    Flow,
    Dataverse,
}

impl HttpClient for Http {
    async fn send(&self, request: Request<Body>, _: Timeout) -> Result<Response<Body>, HttpError> {
        if self.of == Of::Tokens {
            return Ok(self.answer.give());
        }
        // No client can call what is no address to this reader.
        let Ok(read) = Url::parse(&request.uri().to_string()) else {
            return Err(HttpError::Protocol("it is no address".to_owned()));
        };
        let host = read.host_str().expect("it has a host");
        assert_eq!(read.scheme(), "https");
        if host == "login.microsoftonline.com" {
            let token = format!(r#"{{"access_token":"{TOKEN}","expires_in":3599}}"#);
            return Ok(Response::new(Body::from(token)));
        }
        if self.of == Of::Dataverse {
            assert_eq!((host, read.port()), ("org.crm4.dynamics.com", None), "{read}");
            assert!(request.headers().contains_key(AUTHORIZATION));
            return Ok(self.answer.give());
        }
        let is_trigger = request.method() == Method::POST;
        assert_eq!(request.headers().contains_key(AUTHORIZATION), is_trigger);
        if is_trigger {
            assert_eq!(host, "abc.de.environment.api.powerplatform.com");
        } else {
            let known = [".environment.api.powerplatform.com", ".logic.azure.com"];
            assert!(known.iter().any(|known| host.ends_with(known)), "{read}");
            assert!(matches!(read.port(), None | Some(443)), "{read}");
            assert!(read.username().is_empty() && read.password().is_none(), "{read}");
            let location = self.answer.headers.get(LOCATION).expect("it says where");
            assert_eq!(Url::parse(location.to_str().expect("it is text")).as_ref(), Ok(&read));
        }
        Ok(self.answer.give())
    }
}

/// A clock that moves by itself over every pause.
#[derive(Clone)]
struct Hasty(ManualClock);

impl Clock for Hasty {
    fn now(&self) -> Timestamp {
        self.0.now()
    }
}

impl Timer for Hasty {
    async fn sleep(&self, duration: Duration) {
        self.0.advance(duration);
    }
}

enum Fuzzed {}

impl World for Fuzzed {
    type Http = Http;
    type KeyValue = MemoryKeyValue;
    type Clock = Hasty;
    type Random = CountingRandom;
    type Files = MemoryFiles;
    type Diagnostics = MemoryDiagnostics;
    type Environment = FixedEnvironment;
}

impl desktop_flow::World for Fuzzed {
    type Variables = FixedVariables;
    type Outlets = NoOutlets;
    type Background = Tasks;
}

fn ports(http: Http) -> (Ports<Fuzzed>, MemoryDiagnostics) {
    let diagnostics = MemoryDiagnostics::new();
    let ports = Ports {
        http,
        key_value: MemoryKeyValue::new(),
        clock: Hasty(ManualClock::at(Timestamp::from_secs(1_800_000_000))),
        random: CountingRandom::new(),
        files: MemoryFiles::none(),
        diagnostics: diagnostics.clone(),
        environment: FixedEnvironment::default(),
    };
    (ports, diagnostics)
}
