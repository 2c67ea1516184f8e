//! An attempt with a token that has expired is reported to gateway-tokens.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "this is a test"
)]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::FutureExt;
use headgate_core::{Body, Handler, HttpClient, HttpError, Random, Timeout, Timestamp};
use headgate_fakes::{
    CountingRandom, FixedVariables, ManualClock, MemoryDiagnostics, MemoryFiles, MemoryKeyValue,
    NeverHttp, Tasks, TokenKey,
};
use headgate_token_validation::{Configuration, ConfigurationError, Ports, TokenValidation, World};
use http::{Method, Request, Response, StatusCode};

const NOW: Timestamp = Timestamp::from_secs(2_000_000_000);
const EXPIRED: Timestamp = Timestamp::from_secs(1_999_999_000);
const ATTEMPTS: &str = "https://events.example/gateway-tokens/attempts";

/// gateway-tokens as far as it is asked: keeps the reports, and answers all alike.
#[derive(Clone)]
struct GatewayTokens {
    /// What was shown as `Authorization`, and the body.
    reports: Arc<Mutex<Vec<(String, String)>>>,
    /// `None`: it cannot be reached.
    answers: Arc<Mutex<Option<StatusCode>>>,
}

impl HttpClient for GatewayTokens {
    async fn send(&self, request: Request<Body>, _: Timeout) -> Result<Response<Body>, HttpError> {
        assert_eq!(
            (request.method(), request.uri().to_string().as_str()),
            (&Method::POST, ATTEMPTS)
        );
        let (head, body) = request.into_parts();
        let shown = head.headers.get("authorization").map_or("", |value| value.to_str().unwrap());
        let body = String::from_utf8(body.read(1_000).await.unwrap().to_vec()).unwrap();
        self.reports.lock().unwrap().push((shown.to_owned(), body));
        let status = self
            .answers
            .lock()
            .unwrap()
            .ok_or_else(|| HttpError::Unreachable("down".to_owned()))?;
        Ok(Response::builder().status(status).body(Body::empty()).unwrap())
    }
}

enum Fakes {}

impl World for Fakes {
    type Http = GatewayTokens;
    type KeyValue = MemoryKeyValue;
    type Clock = ManualClock;
    type Diagnostics = MemoryDiagnostics;
    type Background = Tasks;
}

struct Setup {
    key: TokenKey,
    gateway_tokens: GatewayTokens,
    clock: ManualClock,
    diagnostics: MemoryDiagnostics,
    function: TokenValidation<Fakes>,
}

fn load(variables: &[(&str, &str)]) -> Result<Configuration, ConfigurationError> {
    let variables = FixedVariables::new(variables.iter().copied());
    let (files, http, random) = (MemoryFiles::none(), NeverHttp, CountingRandom::new());
    Configuration::load(&variables, &files, &http, &random).now_or_never().unwrap()
}

impl Setup {
    fn new(more: &[(&str, &str)]) -> Self {
        let key = TokenKey::new(&CountingRandom::new());
        let policy = key.policy();
        let variables: Vec<_> =
            [("policy", policy.as_str())].into_iter().chain(more.iter().copied()).collect();
        let configuration = load(&variables).unwrap();
        let answers = Arc::new(Mutex::new(Some(StatusCode::OK)));
        let gateway_tokens = GatewayTokens { reports: Arc::default(), answers };
        let clock = ManualClock::at(NOW);
        let diagnostics = MemoryDiagnostics::new();
        let function = TokenValidation::new(
            configuration,
            Ports {
                http: gateway_tokens.clone(),
                key_value: MemoryKeyValue::new(),
                clock: clock.clone(),
                diagnostics: diagnostics.clone(),
                background: Tasks::before_the_answer(),
            },
        );
        Self { key, gateway_tokens, clock, diagnostics, function }
    }

    fn reporting() -> Self {
        Self::new(&[("attempts_url", ATTEMPTS), ("attempts_authorization", "Bearer of-tidings")])
    }

    fn reports(&self) -> Vec<(String, String)> {
        std::mem::take(&mut self.gateway_tokens.reports.lock().unwrap())
    }

    fn status(&self, authorization: &str) -> u16 {
        let request = Request::get("/validate").header("authorization", authorization);
        let answer = self.function.handle(request.body(Body::empty()).unwrap());
        answer.now_or_never().expect("nothing is waited for").status().as_u16()
    }
}

#[test]
fn an_attempt_with_an_expired_token_is_reported_once_a_minute() {
    let setup = Setup::reporting();
    let expired = setup.key.authorization_with(EXPIRED, &[("jti", "spring")]);
    let report = ("Bearer of-tidings".to_owned(), r#"{"id":"spring"}"#.to_owned());
    for _ in 0..5 {
        assert_eq!(setup.status(&expired), 401);
    }
    assert_eq!(setup.reports(), std::slice::from_ref(&report));
    setup.clock.advance(Duration::from_secs(60));
    assert_eq!(setup.status(&expired), 401);
    assert_eq!(setup.reports(), [report]);
}

#[test]
fn entras_uti_is_an_id_too() {
    let setup = Setup::reporting();
    let expired = setup.key.authorization_with(EXPIRED, &[("uti", "autumn")]);
    assert_eq!(setup.status(&expired), 401);
    assert_eq!(setup.reports()[0].1, r#"{"id":"autumn"}"#);
}

#[test]
fn nothing_is_reported_of_other_tokens() {
    let setup = Setup::reporting();
    let good =
        setup.key.authorization_with(Timestamp::from_secs(2_000_000_060), &[("jti", "good")]);
    assert_eq!(setup.status(&good), 200);
    let nameless = setup.key.authorization(EXPIRED);
    assert_eq!(setup.status(&nameless), 401);
    let random = CountingRandom::new();
    random.fill(&mut [0]);
    let forged = TokenKey::new(&random).authorization_with(EXPIRED, &[("jti", "forged")]);
    assert_eq!(setup.status(&forged), 401);
    assert!(setup.reports().is_empty());
}

#[test]
fn nothing_is_reported_where_nobody_asked_for_it() {
    let setup = Setup::new(&[]);
    let expired = setup.key.authorization_with(EXPIRED, &[("jti", "spring")]);
    assert_eq!(setup.status(&expired), 401);
    assert!(setup.reports().is_empty());
}

#[test]
fn a_report_that_fails_is_told_to_the_operator_without_the_id_and_one_of_an_unknown_token_is_not() {
    let setup = Setup::reporting();
    let report = |id: &str, answer| {
        *setup.gateway_tokens.answers.lock().unwrap() = answer;
        assert_eq!(setup.status(&setup.key.authorization_with(EXPIRED, &[("jti", id)])), 401);
    };
    report("unknown", Some(StatusCode::NOT_FOUND));
    assert!(setup.diagnostics.take().is_empty());
    report("refused", Some(StatusCode::FORBIDDEN));
    report("lost", None);
    let said = setup.diagnostics.take();
    assert_eq!(said.len(), 2, "{said:?}");
    for id in ["refused", "lost", "of-tidings"] {
        assert!(!format!("{said:?}").contains(id), "{said:?}");
    }
}

#[test]
fn the_target_must_be_an_address_over_which_a_secret_may_go() {
    let policy = TokenKey::new(&CountingRandom::new()).policy();
    for address in
        ["gateway-tokens/attempts", "http://events.example/attempts", "https://u:p@events.example/"]
    {
        let refused = load(&[("policy", &policy), ("attempts_url", address)]).unwrap_err();
        assert!(matches!(refused, ConfigurationError::AttemptsUrl), "{address}: {refused}");
    }
    let refused = load(&[
        ("policy", &policy),
        ("attempts_url", ATTEMPTS),
        ("attempts_authorization", "a\nb"),
    ]);
    assert!(matches!(refused.unwrap_err(), ConfigurationError::AttemptsAuthorization));
}
