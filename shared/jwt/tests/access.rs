//! Who may ask a function itself, as the variable `access` says it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "this is a test"
)]

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use headgate_core::{Body, DocumentLoader, Outcome, PlatformEvent, Timestamp};
use headgate_fakes::{
    CountingRandom, FixedVariables, ManualClock, MemoryDiagnostics, MemoryFiles, MemoryKeyValue,
    NeverHttp, TokenKey,
};
use headgate_jwt::{Access, AccessError, Forwarding, Ports};
use http::request::Parts;
use http::{HeaderName, Request, Response};

const NOW: Timestamp = Timestamp::from_secs(2_000_000_000);

struct World {
    http: NeverHttp,
    key_value: MemoryKeyValue,
    clock: ManualClock,
    diagnostics: MemoryDiagnostics,
}

impl Ports for World {
    type Http = NeverHttp;
    type KeyValue = MemoryKeyValue;
    type Clock = ManualClock;
    type Diagnostics = MemoryDiagnostics;

    fn http(&self) -> &NeverHttp {
        &self.http
    }

    fn key_value(&self) -> &MemoryKeyValue {
        &self.key_value
    }

    fn clock(&self) -> &ManualClock {
        &self.clock
    }

    fn diagnostics(&self) -> &MemoryDiagnostics {
        &self.diagnostics
    }
}

fn load(value: Option<&str>, files: &MemoryFiles) -> Result<Access, AccessError> {
    let variables = FixedVariables::new(value.map(|value| ("access", value)));
    let random = CountingRandom::new();
    now(Access::load(&variables, files, &NeverHttp, &random))
}

fn loaded(value: &str) -> Access {
    load(Some(value), &MemoryFiles::none()).unwrap()
}

fn asked(access: &Access, parts: &Parts) -> Option<Response<Body>> {
    let world = World {
        http: NeverHttp,
        key_value: MemoryKeyValue::new(),
        clock: ManualClock::at(NOW),
        diagnostics: MemoryDiagnostics::new(),
    };
    now(access.refusal(&world, parts, "things"))
}

fn request(headers: &[(&str, &str)]) -> Parts {
    let request = Request::get("/things");
    let request =
        headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    request.body(()).unwrap().into_parts().0
}

fn from_platform() -> Parts {
    let mut parts = request(&[]);
    parts.extensions.insert(PlatformEvent::Other);
    parts
}

/// The status and what the log says.
fn said(response: Option<Response<Body>>) -> (u16, &'static str) {
    let response = response.expect("it may not pass");
    let outcome: &Outcome = response.extensions().get().unwrap();
    assert_eq!(outcome.route, "things");
    (response.status().as_u16(), outcome.result)
}

fn now<T>(future: impl Future<Output = T>) -> T {
    future.now_or_never().expect("the fakes answer at once")
}

#[test]
fn unset_or_blank_nobody_may_ask_but_the_platform() {
    for value in [None, Some(""), Some(" \n")] {
        let access = load(value, &MemoryFiles::none()).unwrap();
        assert!(matches!(access, Access::Nobody));
        assert_eq!(said(asked(&access, &request(&[]))), (403, "AccessNotConfigured"));
        assert!(asked(&access, &from_platform()).is_none());
    }
}

#[test]
fn said_in_so_many_words_anybody_may_ask() {
    assert!(asked(&loaded(" anonymous\n"), &request(&[])).is_none());
    assert!(load(Some("Anonymous"), &MemoryFiles::none()).is_err());
}

#[test]
fn a_policy_lets_the_bearers_of_good_tokens_pass_and_the_platform() {
    let random = CountingRandom::new();
    let (key, other) = (TokenKey::new(&random), TokenKey::new(&random));
    let access = loaded(&key.policy());
    let with = |token: &str| asked(&access, &request(&[("authorization", token)]));
    let later = NOW.plus(Duration::from_secs(60));
    assert!(with(&key.authorization(later)).is_none());
    assert_eq!(said(with(&key.authorization(NOW))), (401, "TokenExpired"));
    assert_eq!(said(with(&other.authorization(later))), (401, "TokenSignatureInvalid"));
    assert!(asked(&access, &from_platform()).is_none());
}

#[test]
fn a_refusal_says_why_and_challenges() {
    let random = CountingRandom::new();
    let access = loaded(&TokenKey::new(&random).policy());
    let response = asked(&access, &request(&[])).unwrap();
    assert_eq!(response.headers()["www-authenticate"], "Bearer");
    assert_eq!(response.headers()["x-headgate-reason"], "TokenNotPresent");
    assert_eq!(response.headers()["cache-control"], "no-store");
    let body = now(response.into_body().read(1_000)).unwrap();
    assert_eq!(body, r#"{ "statusCode": 401, "message": "JWT not present." }"#);
}

#[test]
fn the_policy_may_stand_in_a_file() {
    let key = TokenKey::new(&CountingRandom::new());
    let files = MemoryFiles::new([("access.toml", key.policy())]);
    let access = load(Some("file:access.toml"), &files).unwrap();
    let token = key.authorization(NOW.plus(Duration::from_secs(60)));
    assert!(asked(&access, &request(&[("authorization", &token)])).is_none());
    assert_eq!(said(asked(&access, &request(&[]))), (401, "TokenNotPresent"));
}

#[test]
fn what_cannot_be_honoured_is_refused_with_the_variables_name() {
    let filter = "ip-filter = { action = \"allow\", address = [\"192.0.2.1\"] }";
    for (value, expected) in [
        ("file:none.toml".to_owned(), "variable access: file none.toml cannot be read"),
        (
            "http://policy.example/".to_owned(),
            "variable access: http://policy.example/ must use https",
        ),
        (
            format!("[orders]\n{filter}"),
            "variable access: the document must have a policy named default",
        ),
        ("[default.validate-jwt]".to_owned(), "variable access: line 1, column 10: validate-jwt"),
        ("everybody".to_owned(), "variable access: line 1, column "),
        (
            "policy.toml".to_owned(),
            "variable access: the value looks like a path or an address: give file:PATH",
        ),
    ] {
        let error = load(Some(&value), &MemoryFiles::none()).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
    }
}

#[test]
fn the_callers_address_is_that_of_the_header_that_is_configured() {
    let policy = "[default]\nip-filter = { action = \"allow\", address = [\"192.0.2.1\"] }";
    let variables = FixedVariables::new([("access", policy)]);
    let files = MemoryFiles::none();
    let documents = DocumentLoader { variables: &variables, files: &files, http: &NeverHttp };
    let client_address = Some(HeaderName::from_static("x-forwarded-for"));
    let forwarding = Forwarding { client_address, client_certificate: None };
    let random = CountingRandom::new();
    let access = now(Access::load_with(&documents, &random, forwarding, Arc::default())).unwrap();
    let from = |list: &str| asked(&access, &request(&[("x-forwarded-for", list)]));
    assert!(from("198.51.100.7, 192.0.2.1").is_none());
    assert_eq!(said(from("192.0.2.1, 198.51.100.7")).0, 403);
    // The header counts only where it is configured.
    let unconfigured = loaded(policy);
    let sent = request(&[("x-forwarded-for", "192.0.2.1")]);
    assert_eq!(said(asked(&unconfigured, &sent)).0, 403);
}
