//! What unknown key ids and the passing of time cost the issuer, with a clock that the test moves.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "what goes wrong in a test has to stop it"
)]

use std::time::Duration;

use futures_util::FutureExt;
use headgate_core::{Body, Clock, Handler, HttpError, Timestamp};
use headgate_fakes::{
    Answer, CountingRandom, FixedVariables, ManualClock, MemoryDiagnostics, MemoryFiles,
    MemoryKeyValue, ReplayHttp, Tasks,
};
use headgate_tests::forge::{Placeholders, Recipe, key};
use headgate_tests::host::Fakes;
use headgate_token_validation::{Configuration, Ports, TokenValidation};
use http::Request;
use serde_json::json;

const DISCOVERY: &str = "https://login.example/.well-known/openid-configuration";
const KEYS: &str = "https://login.example/keys";
const POLICY: &str = r#"
    [default.validate-jwt]
    header-name = "Authorization"
    openid-config = ["https://login.example/.well-known/openid-configuration"]
    audiences = ["api://orders"]
"#;

struct Setup {
    http: ReplayHttp,
    clock: ManualClock,
    function: TokenValidation<Fakes>,
}

impl Setup {
    fn new() -> Self {
        let http = ReplayHttp::new();
        let clock = ManualClock::at(Timestamp::from_secs(2_000_000_000));
        let variables = FixedVariables::new([("policy", POLICY)]);
        let files = MemoryFiles::none();
        let random = CountingRandom::new();
        let configuration = Configuration::load(&variables, &files, &http, &random);
        let configuration = configuration.now_or_never().unwrap().unwrap();
        let ports = Ports {
            http: http.clone(),
            key_value: MemoryKeyValue::new(),
            clock: clock.clone(),
            diagnostics: MemoryDiagnostics::new(),
            background: Tasks::before_the_answer(),
        };
        let function = TokenValidation::new(configuration, ports);
        let setup = Self { http, clock, function };
        setup.issuer_is_up();
        setup
    }

    fn issuer_is_up(&self) {
        let discovery = json!({ "issuer": "https://login.example", "jwks_uri": KEYS });
        let mut jwk = key("rsa").jwk();
        jwk["kid"] = json!("rsa");
        self.http.forget();
        self.http.get(DISCOVERY).any_number_of_times(Answer::json(discovery.to_string()));
        let keys = json!({ "keys": [jwk] }).to_string();
        self.http.get(KEYS).any_number_of_times(Answer::json(keys));
    }

    fn issuer_is_down(&self) {
        let down = || Answer::fails(|| HttpError::Unreachable("refused".to_owned()));
        self.http.forget();
        self.http.get(DISCOVERY).any_number_of_times(down());
        self.http.get(KEYS).any_number_of_times(down());
    }

    fn status(&self, token: &str) -> u16 {
        let request = Request::get("/validate").header("authorization", format!("Bearer {token}"));
        let answer = self.function.handle(request.body(Body::empty()).unwrap()).now_or_never();
        answer.expect("nothing is waited for").status().as_u16()
    }

    fn token(&self) -> String {
        let recipe = json!({ "claims": { "iss": "https://login.example", "exp": "now+7200" } });
        let recipe: Recipe = serde_json::from_value(recipe).unwrap();
        recipe.make(&Placeholders::default(), self.clock.now().as_secs())
    }

    fn fetches(&self) -> usize {
        self.http.count_of(KEYS)
    }
}

/// A token that is good but for its key id, which is a number.
struct Stranger {
    claims_and_signature: String,
}

impl Stranger {
    fn like(token: &str) -> Self {
        let (_, rest) = token.split_once('.').unwrap();
        Self { claims_and_signature: rest.to_owned() }
    }

    fn with_kid(&self, number: u32) -> String {
        let header = format!(r#"{{"alg":"RS256","kid":"{number:08x}"}}"#);
        let header = headgate_tests::forge::base64url(header.as_bytes());
        format!("{header}.{}", self.claims_and_signature)
    }
}

#[test]
fn a_million_unknown_key_ids_cause_one_fetch_in_five_minutes() {
    let setup = Setup::new();
    let token = setup.token();
    assert_eq!(setup.status(&token), 200);
    assert_eq!(setup.fetches(), 1);
    let stranger = Stranger::like(&token);
    // Twenty minutes pass, evenly: 833 ids in each second.
    for number in 0..1_000_000_u32 {
        if number % 833 == 0 {
            setup.clock.advance(Duration::from_secs(1));
        }
        assert_eq!(setup.status(&stranger.with_kid(number)), 401);
    }
    let fetches = setup.fetches() - 1;
    assert!((1..=5).contains(&fetches), "{fetches} fetches in twenty minutes");
    assert_eq!(setup.status(&setup.token()), 200, "and a good token passes all the while");
}

#[test]
fn keys_that_are_an_hour_old_are_fetched_again() {
    let setup = Setup::new();
    assert_eq!(setup.status(&setup.token()), 200);
    setup.clock.advance(Duration::from_secs(59 * 60));
    assert_eq!(setup.status(&setup.token()), 200);
    assert_eq!(setup.fetches(), 1);
    setup.clock.advance(Duration::from_secs(2 * 60));
    assert_eq!(setup.status(&setup.token()), 200);
    assert_eq!(setup.fetches(), 2);
}

#[test]
fn a_remembered_token_that_expires_while_keys_are_fetched_is_refused() {
    let setup = Setup::new();
    setup.clock.advance(Duration::from_secs(1));
    let token = setup.token();
    assert_eq!(setup.status(&token), 200);
    // Its keys are old, and it has five seconds left when the issuer takes ten to fail.
    setup.clock.advance(Duration::from_secs(2 * 60 * 60 - 5));
    let clock = setup.clock.clone();
    setup.http.forget();
    setup.http.get(DISCOVERY).any_number_of_times(Answer::fails(move || {
        clock.advance(Duration::from_secs(10));
        HttpError::TimedOut
    }));
    assert_eq!(setup.status(&token), 401);
}

#[test]
fn the_last_good_keys_serve_for_days_while_the_issuer_is_down() {
    let setup = Setup::new();
    assert_eq!(setup.status(&setup.token()), 200);
    setup.issuer_is_down();
    for _ in 0..72 {
        setup.clock.advance(Duration::from_secs(60 * 60));
        assert_eq!(setup.status(&setup.token()), 200);
    }
    setup.issuer_is_up();
    setup.clock.advance(Duration::from_secs(60 * 60));
    assert_eq!(setup.status(&setup.token()), 200);
}

#[test]
fn an_issuer_that_comes_up_is_found_once_the_pause_is_over() {
    let setup = Setup::new();
    setup.issuer_is_down();
    assert_eq!(setup.status(&setup.token()), 503);
    setup.issuer_is_up();
    setup.clock.advance(Duration::from_secs(60));
    assert_eq!(setup.status(&setup.token()), 200);
}
