//! Power Automate refuses what the real service refuses.

#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "clippy's allowance for tests covers test functions and not what they share"
)]

mod support;

use std::sync::Arc;

use headgate_core::Secret;
use headgate_peers::issuer::{Guid, Issuer, IssuerConfig, Running, TokenSpec, TokenVersion};
use headgate_peers::power_automate::{
    CloudFlow, Does, FlowAnswer, MayCall, PowerAutomate, PowerAutomateConfig, PowerAutomateRunning,
    Trusted,
};
use serde_json::json;
use support::{Answer, exchange};

const TENANT: Guid = Guid::from_u128(1);
const USER: Guid = Guid::from_u128(0xb1);
const SPECIFIC: Guid = Guid::from_u128(2);
const SIGNED: Guid = Guid::from_u128(3);
const LATER: Guid = Guid::from_u128(4);
const AUDIENCE: &str = "https://service.flow.microsoft.com/";

async fn started() -> (Arc<Running>, PowerAutomateRunning) {
    let issuer = Arc::new(Issuer::start(IssuerConfig::default()).await.unwrap());
    let echo = || Does::Answers(FlowAnswer::echo());
    let answer = FlowAnswer::of(200, json!("done"));
    let running = PowerAutomate::start(PowerAutomateConfig {
        trusted: Trusted::Issuer(Arc::clone(&issuer)),
        flows: vec![
            CloudFlow::new(TENANT, echo()),
            CloudFlow {
                may_call: MayCall::Specific(vec![USER]),
                ..CloudFlow::new(SPECIFIC, echo())
            },
            CloudFlow {
                may_call: MayCall::Anyone(Secret::new("s1g")),
                ..CloudFlow::new(SIGNED, echo())
            },
            CloudFlow::new(LATER, Does::AnswersLater { looks: 1, retry_after: Some(2), answer }),
        ],
        ..PowerAutomateConfig::default()
    });
    (issuer, running.await.unwrap())
}

async fn ask(method: &str, url: &str, token: Option<&str>) -> Answer {
    let authorization =
        token.map_or_else(String::new, |token| format!("authorization: Bearer {token}\r\n"));
    send(method, url, &format!("{authorization}content-length: 0\r\n\r\n")).await
}

/// Sends a request whose head ends so, and what stands behind it.
async fn send(method: &str, url: &str, rest: &str) -> Answer {
    let place = url.strip_prefix("http://").unwrap();
    let (address, path) = place.split_at(place.find('/').unwrap());
    let text =
        format!("{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n{rest}");
    exchange(address.parse().unwrap(), &text).await
}

#[tokio::test]
async fn a_method_with_content_says_how_long_that_is() {
    let (_issuer, running) = started().await;
    let url = running.address(SIGNED).unwrap();
    for method in ["POST", "PUT", "PATCH"] {
        assert_eq!(send(method, &url, "\r\n").await.status, Some(411), "{method}");
    }
    assert_eq!(running.troubles().requests(), 0);
    for rest in ["content-length: 0\r\n\r\n", "transfer-encoding: chunked\r\n\r\n0\r\n\r\n"] {
        assert_eq!(send("POST", &url, rest).await.status, Some(200), "{rest}");
    }
    for method in ["GET", "DELETE"] {
        assert_eq!(send(method, &url, "\r\n").await.status, Some(405), "{method}");
    }
}

fn token(issuer: &Running, change: impl FnOnce(&mut TokenSpec)) -> String {
    let mut spec = TokenSpec {
        version: TokenVersion::V1,
        audience: AUDIENCE.to_owned(),
        expires_in: Some(600),
        ..TokenSpec::default()
    };
    change(&mut spec);
    issuer.mint(&spec).unwrap()
}

fn refusal(answer: &Answer) -> (u16, String) {
    let code = answer.json()["error"]["code"].as_str().unwrap_or_default().to_owned();
    (answer.status.unwrap(), code)
}

#[tokio::test]
async fn a_token_is_judged_by_audience_tenant_time_and_user() {
    let (issuer, running) = started().await;
    let url = running.address(TENANT).unwrap();
    assert_eq!(ask("POST", &url, Some(&token(&issuer, |_| {}))).await.status, Some(200));
    let claims = |status| (status, "MisMatchingOAuthClaims".to_owned());
    let single = token(&issuer, |spec| spec.audience = AUDIENCE.trim_end_matches('/').to_owned());
    let gcc =
        |spec: &mut TokenSpec| spec.audience = "https://gov.service.flow.microsoft.us/".into();
    let other = token(&issuer, |spec| spec.tenant = Guid::from_u128(0xff));
    for wrong in [single, token(&issuer, gcc), other] {
        assert_eq!(refusal(&ask("POST", &url, Some(&wrong)).await), claims(401));
    }
    let invalid = (401, "InvalidAuthenticationToken".to_owned());
    let expired = token(&issuer, |spec| spec.expires_in = Some(-1));
    let tampered = token(&issuer, |_| {}) + "A";
    for wrong in [expired.as_str(), &tampered, "no.to.ken"] {
        assert_eq!(refusal(&ask("POST", &url, Some(wrong)).await), invalid);
    }
    let direct = (401, "DirectApiAuthorizationRequired".to_owned());
    assert_eq!(refusal(&ask("POST", &url, None).await), direct);
    let specific = running.address(SPECIFIC).unwrap();
    let known = token(&issuer, |spec| spec.subject = Some(USER.to_string()));
    assert_eq!(ask("POST", &specific, Some(&known)).await.status, Some(200));
    let unknown = token(&issuer, |_| {});
    assert_eq!(refusal(&ask("POST", &specific, Some(&unknown)).await), claims(403));
}

#[tokio::test]
async fn a_signature_and_a_token_exclude_each_other() {
    let (issuer, running) = started().await;
    let url = running.address(SIGNED).unwrap();
    let token = token(&issuer, |_| {});
    assert_eq!(ask("POST", &url, None).await.status, Some(200));
    for (url, token, code) in [
        (url.clone(), Some(token.as_str()), "OAuthAccessPolicyNotFound"),
        (url.replace("s1g", "s1h"), None, "AuthorizationFailed"),
        (url.replace("&sig=s1g", ""), None, "DirectApiAuthorizationRequired"),
        (
            running.address(TENANT).unwrap() + "&sig=s1g",
            Some(token.as_str()),
            "DirectApiAuthorizationRequired",
        ),
    ] {
        assert_eq!(refusal(&ask("POST", &url, token).await), (401, code.to_owned()));
    }
}

#[tokio::test]
async fn an_answer_that_comes_later_is_fetched_by_its_signature_alone() {
    let (issuer, running) = started().await;
    let token = token(&issuer, |_| {});
    let started = ask("POST", &running.address(LATER).unwrap(), Some(&token)).await;
    assert_eq!(started.status, Some(202));
    assert!(started.head.contains("retry-after: 2"));
    let (_, location) = started.head.split_once("location: ").unwrap();
    // The head is in small letters, and a signature has both: the test takes what it must not have.
    let location = location.lines().next().unwrap().to_owned();
    let wrong = location.split("&sig=").next().unwrap().replace("0858", "0859");
    assert_eq!(ask("GET", &wrong, None).await.status, Some(404));
    assert_eq!(
        refusal(&ask("GET", &location, Some(&token)).await).1,
        "DirectApiAuthorizationRequired"
    );
    assert_eq!(ask("POST", &location, None).await.status, Some(405));
    assert_eq!(running.runs(), 1);
    running.forget_runs();
    assert_eq!(running.runs(), 0);
}
