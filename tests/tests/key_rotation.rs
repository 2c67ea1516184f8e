//! Keys that change under load, and issuers that go down: no valid token is refused, and the issuer is asked once.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "what goes wrong in a test has to stop it"
)]

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use headgate_peers::issuer::{
    Algorithm, DEFAULT_API_CLIENT_ID, DEFAULT_TENANT, Endpoint, Fault, Issuer, IssuerConfig,
    Rotation, Running, TokenSpec, TokenVersion,
};
use headgate_tests::host::{Build, ComponentHost, Native, RUNTIME};
use headgate_tests::wire;
use http::{Request, Response};
use tokio::task::JoinSet;

const IN_FLIGHT: usize = 100;

/// Where the function answers: an address and the path of `/validate` there.
struct Function {
    address: SocketAddr,
    path: &'static str,
    one_instance: bool,
    _keep: Box<dyn std::any::Any>,
}

fn issuer() -> Running {
    RUNTIME.block_on(Issuer::start(IssuerConfig::default())).unwrap()
}

fn variables(issuer: &Running) -> BTreeMap<String, String> {
    let policy = format!(
        r#"
        [default.validate-jwt]
        header-name = "Authorization"
        openid-config = ["{}"]
        audiences = ["{DEFAULT_API_CLIENT_ID}"]
        "#,
        issuer.metadata_url(DEFAULT_TENANT, TokenVersion::V2)
    );
    BTreeMap::from([("policy".to_owned(), policy)])
}

fn native(issuer: &Running) -> Function {
    let native = Native::start(&variables(issuer)).unwrap();
    Function {
        address: native.address(),
        path: "/validate",
        one_instance: true,
        _keep: Box::new(native),
    }
}

fn component(issuer: &Running) -> Function {
    let host =
        ComponentHost::start(Build::Portable, issuer.base_url(), &[&variables(issuer)]).unwrap();
    Function {
        address: host.address(),
        path: "/plain-0/validate",
        one_instance: false,
        _keep: Box::new(Arc::new(host)),
    }
}

impl Function {
    fn ask(&self, token: &str) -> impl Future<Output = Response<Bytes>> + Send + use<> {
        let request = Request::get(self.path).header("authorization", format!("Bearer {token}"));
        let (address, request) = (self.address, request.body(Bytes::new()).unwrap());
        async move { wire::send(address, request).await.unwrap() }
    }

    fn status(&self, token: &str) -> u16 {
        RUNTIME.block_on(self.ask(token)).status().as_u16()
    }
}

/// Tokens that are all different, so that none is remembered from another.
fn tokens(issuer: &Running) -> Vec<String> {
    (0..IN_FLIGHT).map(|_| issuer.mint(&TokenSpec::default()).unwrap()).collect()
}

async fn statuses(mut answers: JoinSet<Response<Bytes>>) -> Vec<u16> {
    let mut statuses = Vec::new();
    while let Some(answer) = answers.join_next().await {
        statuses.push(answer.unwrap().status().as_u16());
    }
    statuses
}

fn keys_change_under_load(issuer: &Running, function: &Function) {
    let before = tokens(issuer);
    assert_eq!(function.status(&before[0]), 200);
    assert_eq!(issuer.requests(Endpoint::Keys), 1);

    issuer.rotate(Algorithm::RS256, Rotation::WithdrawOld).unwrap();
    let after = tokens(issuer);
    issuer.set_fault(Endpoint::Keys, Some(Fault::Held));
    RUNTIME.block_on(async {
        let mut waiting = JoinSet::new();
        for token in &after {
            waiting.spawn(function.ask(token));
        }
        issuer.requests_reach(Endpoint::Keys, 2).await;
        // While the new keys are on their way, the old ones serve.
        let mut old = JoinSet::new();
        for token in &before {
            old.spawn(function.ask(token));
        }
        assert_eq!(statuses(old).await, [200; IN_FLIGHT]);
        issuer.set_fault(Endpoint::Keys, None);
        assert_eq!(statuses(waiting).await, [200; IN_FLIGHT]);
    });
    assert_eq!(issuer.requests(Endpoint::Keys), 2, "one fetch for all");
    // The key that was withdrawn does not make anybody fetch again. Where one instance serves, it is gone at once, also
    // for tokens that passed before; another instance may hold it until its hour is over.
    let withdrawn = function.status(&before[0]);
    assert!(withdrawn == 401 || !function.one_instance && withdrawn == 200, "{withdrawn}");
    assert_eq!(issuer.requests(Endpoint::Keys), 2);
}

fn the_issuer_goes_down(issuer: &Running, function: &Function) {
    let tokens = tokens(issuer);
    assert_eq!(function.status(&tokens[0]), 200);
    issuer.set_down(true);
    let answers = RUNTIME.block_on(async {
        let mut answers = JoinSet::new();
        for token in &tokens {
            answers.spawn(function.ask(token));
        }
        statuses(answers).await
    });
    assert_eq!(answers, [200; IN_FLIGHT]);
    // A token of a key that nobody has seen cannot be judged while the issuer is silent, and does not pass.
    issuer.rotate(Algorithm::RS256, Rotation::KeepOld).unwrap();
    let unknown = issuer.mint(&TokenSpec::default()).unwrap();
    assert_ne!(function.status(&unknown), 200);
    assert_eq!(function.status(&tokens[1]), 200, "the keys that are known stay");
}

fn the_issuer_was_never_up(issuer: &Running, function: &Function) {
    let answer = RUNTIME.block_on(function.ask(&issuer.mint(&TokenSpec::default()).unwrap()));
    assert_eq!(answer.status(), 503);
    assert_eq!(answer.headers()["x-headgate-reason"], "KeysUnavailable");
    let retry_after = answer.headers()["retry-after"].to_str().unwrap();
    assert!((1..=300).contains(&retry_after.parse::<u64>().unwrap()), "{retry_after}");
}

#[test]
fn keys_that_change_under_load_cost_the_native_server_one_fetch_and_no_token() {
    let issuer = issuer();
    keys_change_under_load(&issuer, &native(&issuer));
}

#[test]
fn keys_that_change_under_load_cost_the_component_one_fetch_and_no_token() {
    let issuer = issuer();
    keys_change_under_load(&issuer, &component(&issuer));
}

#[test]
fn cached_keys_serve_the_native_server_while_the_issuer_is_down() {
    let issuer = issuer();
    the_issuer_goes_down(&issuer, &native(&issuer));
}

#[test]
fn cached_keys_serve_the_component_while_the_issuer_is_down() {
    let issuer = issuer();
    the_issuer_goes_down(&issuer, &component(&issuer));
}

#[test]
fn without_any_keys_the_native_server_says_when_to_come_back() {
    let issuer = issuer();
    issuer.set_down(true);
    the_issuer_was_never_up(&issuer, &native(&issuer));
}

#[test]
fn without_any_keys_the_component_says_when_to_come_back() {
    let issuer = issuer();
    issuer.set_down(true);
    the_issuer_was_never_up(&issuer, &component(&issuer));
}
