//! Entra's endpoints over the wire: what their answers look like, and what they refuse.

#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "clippy's allowance for tests covers test functions and not what they share"
)]

mod support;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use headgate_core::Secret;
use headgate_peers::entra::{
    Api, ClientSecret, Entra, EntraConfig, EntraRunning, Registration, User, Wants,
};
use headgate_peers::issuer::{Guid, TokenVersion};
use headgate_peers::peer::{Tls, Trouble};
use http::StatusCode;
use support::{Answer, exchange};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

const APPLICATION: Guid = Guid::from_u128(0xa1);
const PUBLIC: Guid = Guid::from_u128(0xa2);

async fn started(wants: Option<Wants>) -> EntraRunning {
    let config = EntraConfig {
        applications: vec![
            Registration {
                secrets: vec![ClientSecret { value: Secret::new("right"), expires_at: None }],
                redirect_uris: vec!["http://127.0.0.1/back".to_owned()],
                ..Registration::new(APPLICATION)
            },
            Registration { is_public: true, ..Registration::new(PUBLIC) },
            Registration { is_disabled: true, ..Registration::new(Guid::from_u128(0xa3)) },
        ],
        users: vec![User {
            id: Guid::from_u128(0xb1),
            name: "ada@headgate.example".to_owned(),
            password: Secret::new("secret"),
            wants,
        }],
        apis: vec![Api {
            uri: "api://orders".to_owned(),
            id: Guid::from_u128(0xa9),
            version: TokenVersion::V2,
            is_exact: true,
            scopes: vec!["Read".to_owned()],
        }],
        ..EntraConfig::default()
    };
    Entra::start(config).await.unwrap()
}

fn address(entra: &EntraRunning) -> SocketAddr {
    entra.base_url().strip_prefix("http://").unwrap().parse().unwrap()
}

async fn get(entra: &EntraRunning, path: &str) -> Answer {
    let address = address(entra);
    exchange(
        address,
        &format!("GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n"),
    )
    .await
}

async fn post(entra: &EntraRunning, path: &str, form: &str) -> Answer {
    let address = address(entra);
    let length = form.len();
    let text = format!(
        "POST {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {length}\r\n\r\n{form}"
    );
    exchange(address, &text).await
}

const TOKEN: &str = "/headgate.example/oauth2/v2.0/token";

fn application(more: &str) -> String {
    format!("client_id={APPLICATION}&client_secret=right&grant_type=client_credentials{more}")
}

#[tokio::test]
async fn numbers_are_numbers_at_v2_and_texts_at_v1() {
    let entra = started(None).await;
    let v2 = post(&entra, TOKEN, &application("&scope=api%3A%2F%2Forders%2F.default")).await.json();
    assert!(v2["expires_in"].is_u64() && v2.get("expires_on").is_none(), "{v2}");
    assert!(v2.get("refresh_token").is_none());
    let v1 = post(
        &entra,
        "/headgate.example/oauth2/token",
        &application("&resource=api%3A%2F%2Forders"),
    )
    .await
    .json();
    assert!(v1["expires_in"].is_string() && v1["expires_on"].is_string());
    assert_eq!(v1["resource"], "api://orders");
}

#[tokio::test]
async fn every_refusal_has_entras_code() {
    let entra = started(None).await;
    let good = application("&scope=api%3A%2F%2Forders%2F.default");
    let public = |more: &str| format!("client_id={PUBLIC}{more}&scope=api%3A%2F%2Forders%2FRead");
    let password = "&grant_type=password&username=ada%40headgate.example&password=secret";
    for (path, form, error, code, status) in [
        (TOKEN, good.replace("client_credentials", "device_code"), "unsupported_grant_type", 70_003, 400),
        (TOKEN, good.replace("grant_type", "grant"), "invalid_request", 900_144, 400),
        (TOKEN, format!("{good}&scope=a"), "invalid_request", 9_000_411, 400),
        (TOKEN, good.replace("=right", "=wrong"), "invalid_client", 7_000_215, 401),
        (TOKEN, good.replace("client_secret", "secret"), "invalid_client", 7_000_218, 401),
        (TOKEN, good.replace("a1&", "ff&"), "unauthorized_client", 700_016, 400),
        (TOKEN, good.replace("a1&", "a3&"), "unauthorized_client", 7_000_112, 400),
        (TOKEN, good.replace("a1&", "a2&"), "invalid_client", 700_025, 401),
        (TOKEN, good.replace("orders%2F.", "orders%2F%2F."), "invalid_resource", 500_011, 400),
        (TOKEN, good.replace(".default", "Read"), "invalid_scope", 1_002_012, 400),
        (TOKEN, format!("{good}&resource=a"), "invalid_request", 901_002, 400),
        (TOKEN, good.replace("client_secret=right", "client_assertion=a.b.c&client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer"), "invalid_client", 50_027, 401),
        ("/other.example/oauth2/v2.0/token", good.clone(), "invalid_request", 90_002, 400),
        ("/common/oauth2/v2.0/token", good.clone(), "invalid_request", 50_059, 400),
        ("/common/oauth2/v2.0/token", public(password), "invalid_request", 9_001_023, 400),
        (TOKEN, public(&password.replace("=secret", "=wrong")), "invalid_grant", 50_126, 400),
        (TOKEN, public(&password.replace("ada", "bob")), "invalid_grant", 50_034, 400),
        (TOKEN, public(password).replace("orders%2FRead", "orders%2FWrite"), "invalid_scope", 70_011, 400),
        (TOKEN, public("&grant_type=refresh_token&refresh_token=a"), "invalid_grant", 70_000, 400),
        (TOKEN, good.replace("client_secret=right", "client_assertion=a.b.c"), "invalid_request", 900_144, 400),
        (TOKEN, good.replace("client_secret=right", "client_assertion=a.b.c&client_assertion_type=jwt-bearer"), "invalid_request", 9_002_313, 400),
        (TOKEN, format!("{good}&client_assertion=a.b.c"), "invalid_request", 9_002_313, 400),
        (TOKEN, public("&grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=a.b.c&requested_token_use=on_behalf_of"), "invalid_client", 7_000_218, 401),
        (TOKEN, public("&grant_type=authorization_code&code=a"), "invalid_request", 900_144, 400),
        (TOKEN, public("&grant_type=authorization_code&code=a&redirect_uri=b"), "invalid_grant", 70_000, 400),
        ("/headgate.example/oauth2/token", good.clone(), "invalid_request", 900_144, 400),
    ] {
        let answer = post(&entra, path, &form).await;
        let body = answer.json();
        assert_eq!((answer.status, body["error"].as_str()), (Some(status), Some(error)), "{form}: {body}");
        assert_eq!(body["error_codes"][0], code, "{form}");
        assert!(body["error_description"].as_str().unwrap().starts_with(&format!("AADSTS{code}: ")));
        assert_eq!(body["correlation_id"].as_str().unwrap().len(), 36);
    }
    let answer = get(&entra, TOKEN).await;
    assert_eq!(answer.json()["error_codes"][0], 900_561);
}

#[tokio::test]
async fn what_conditional_access_wants_is_a_text_of_json() {
    let entra = started(Some(Wants::ConditionalAccess)).await;
    let form = format!(
        "client_id={PUBLIC}&grant_type=password&username=ada%40headgate.example&password=secret&scope=api%3A%2F%2Forders%2FRead"
    );
    let body = post(&entra, TOKEN, &form).await.json();
    assert_eq!(body["error_codes"][0], 53_003);
    let claims: serde_json::Value = serde_json::from_str(body["claims"].as_str().unwrap()).unwrap();
    assert!(claims["access_token"].is_object());
}

#[tokio::test]
async fn a_code_is_good_once_for_who_can_prove_the_challenge() {
    let entra = started(None).await;
    // RFC 7636, appendix B.
    let (verifier, challenge) = (
        "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
        "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
    );
    let page = format!(
        "/headgate.example/oauth2/v2.0/authorize?client_id={APPLICATION}&response_type=code&redirect_uri=http%3A%2F%2F127.0.0.1%2Fback&scope=api%3A%2F%2Forders%2FRead%20offline_access&state=s&code_challenge={challenge}&code_challenge_method=S256"
    );
    let code = async || {
        let answer = get(&entra, &page).await;
        assert_eq!(answer.status, Some(302));
        let (_, code) = answer.head.split_once("code=").unwrap();
        code.split(['&', '\r']).next().unwrap().replace("%2e", ".").replace("0.a", "0.A")
    };
    let redeem = async |code: &str, verifier: &str| {
        let form = format!(
            "client_id={APPLICATION}&client_secret=right&grant_type=authorization_code&code={code}&redirect_uri=http%3A%2F%2F127.0.0.1%2Fback&code_verifier={verifier}&scope=api%3A%2F%2Forders%2FRead"
        );
        post(&entra, TOKEN, &form).await.json()
    };
    let first = code().await;
    let granted = redeem(&first, verifier).await;
    assert!(granted["refresh_token"].is_string(), "{granted}");
    assert_eq!(granted["scope"], "api://orders/Read");
    assert_eq!(redeem(&first, verifier).await["error_codes"][0], 54_005);
    for wrong in ["", "wrong", &verifier.replace('d', "e"), &format!("{verifier}%20")] {
        assert_eq!(redeem(&code().await, wrong).await["error_codes"][0], 501_481, "{wrong}");
    }
    // The address and the client are those of the beginning.
    for (from, to) in [
        ("%2Fback", "%2Felsewhere"),
        (&format!("{APPLICATION}&client_secret=right") as &str, &PUBLIC.to_string()),
    ] {
        let form = format!(
            "client_id={APPLICATION}&client_secret=right&grant_type=authorization_code&code={}&redirect_uri=http%3A%2F%2F127.0.0.1%2Fback&code_verifier={verifier}&scope=api%3A%2F%2Forders%2FRead",
            code().await
        );
        let refused = post(&entra, TOKEN, &form.replace(from, to)).await.json();
        assert_eq!(refused["error_codes"][0], 70_000, "{to}");
    }

    // Who began without a challenge has no verifier, and who did not ask for a refresh token gets none.
    let bare = page.split_once("&code_challenge").unwrap().0.replace("%20offline_access", "");
    let answer = get(&entra, &bare).await;
    let (_, code) = answer.head.split_once("code=").unwrap();
    let code = code.split(['&', '\r']).next().unwrap().replace("%2e", ".").replace("0.a", "0.A");
    assert_eq!(redeem(&code, verifier).await["error_codes"][0], 501_481);
    let answer = get(&entra, &page.replace("%20offline_access", "")).await;
    let (_, code) = answer.head.split_once("code=").unwrap();
    let code = code.split(['&', '\r']).next().unwrap().replace("%2e", ".").replace("0.a", "0.A");
    assert!(redeem(&code, verifier).await.get("refresh_token").is_none());

    for (from, to) in [
        ("S256", "plain"),
        ("S256", "s256"),
        (challenge, "short"),
        (challenge, &challenge.replace('-', "%2B")),
        ("&state=s", "&state=s&prompt=page"),
        ("response_type=code", "response_type=token"),
    ] {
        let answer = get(&entra, &page.replace(from, to)).await;
        assert!(answer.head.contains("error=invalid%5frequest"), "{to}: {}", answer.head);
    }
    let elsewhere = page.replace("%2Fback", "%2Felsewhere");
    assert_eq!(get(&entra, &elsewhere).await.json()["error_codes"][0], 50_011);
    // What is wrong otherwise is said to the address.
    let answer = get(&entra, &page.replace("orders%2FRead", "none%2FRead")).await;
    assert!(
        answer.status == Some(302) && answer.head.contains("error=invalid%5fresource"),
        "{}",
        answer.head
    );
}

#[tokio::test]
async fn the_documents_that_libraries_ask_for_lead_to_its_endpoints_and_to_its_keys() {
    let entra = started(None).await;
    let metadata =
        get(&entra, "/headgate.example/v2.0/.well-known/openid-configuration").await.json();
    let base = entra.base_url();
    assert_eq!(metadata["token_endpoint"], format!("{base}{TOKEN}"));
    assert_eq!(metadata["issuer"], format!("{base}/headgate.example/v2.0"));
    let keys = metadata["jwks_uri"].as_str().unwrap();
    let keys =
        support::get(entra.issuer(), keys.strip_prefix(entra.issuer().base_url()).unwrap()).await;
    assert_eq!(keys.json()["keys"][0]["kty"], "RSA");
    let instance =
        get(&entra, "/common/discovery/instance?api-version=1.1&authorization_endpoint=a")
            .await
            .json();
    assert!(instance["tenant_discovery_endpoint"].as_str().unwrap().starts_with(&base));
    let realm =
        get(&entra, "/common/userrealm/ada%40headgate.example?api-version=1.0").await.json();
    assert_eq!(realm["account_type"], "Managed");
    assert_eq!(entra.troubles().requests(), 0, "documents are not counted");
}

#[tokio::test]
async fn trouble_comes_as_told_and_then_ends() {
    let entra = started(None).await;
    let good = application("&scope=api%3A%2F%2Forders%2F.default");
    let teapot = Trouble::Answer(StatusCode::IM_A_TEAPOT, "{}".into());
    entra.troubles().next([Trouble::Throttle(Some(7)), Trouble::Drop, Trouble::DropAfter, teapot]);
    let throttled = post(&entra, TOKEN, &good).await;
    assert!(throttled.status == Some(429) && throttled.head.contains("retry-after: 7"));
    for _ in 0..2 {
        assert_eq!(post(&entra, TOKEN, &good).await.status, None);
    }
    assert_eq!(post(&entra, TOKEN, &good).await.status, Some(418));
    entra.troubles().always(Some(Trouble::Fail(StatusCode::BAD_GATEWAY)));
    for _ in 0..2 {
        assert_eq!(post(&entra, TOKEN, &good).await.status, Some(502));
    }
    entra.troubles().always(None);
    assert_eq!(post(&entra, TOKEN, &good).await.status, Some(200));
    assert_eq!(entra.troubles().requests(), 7);
}

#[tokio::test]
async fn it_listens_on_loopback_alone() {
    let config = EntraConfig { listen: "0.0.0.0:0".parse().unwrap(), ..EntraConfig::default() };
    assert!(Entra::start(config).await.is_err());
}

#[tokio::test]
async fn with_a_certificate_it_is_an_https_authority() {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let certificate = made.cert.der().clone();
    let tls = Tls::from_pem(&made.cert.pem(), &made.signing_key.serialize_pem()).unwrap();
    let entra =
        Entra::start(EntraConfig { tls: Some(tls), ..EntraConfig::default() }).await.unwrap();
    let base = entra.base_url();
    let port: u16 = base.strip_prefix("https://localhost:").unwrap().parse().unwrap();

    let mut roots = RootCertStore::empty();
    roots.add(certificate).unwrap();
    let provider = Arc::new(aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.unwrap();
    let name = "localhost".try_into().unwrap();
    let mut stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap();
    let path = "/headgate.example/v2.0/.well-known/openid-configuration";
    let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut received = Vec::new();
    let _ = stream.read_to_end(&mut received).await;
    let received = String::from_utf8(received).unwrap();
    assert!(received.contains(&format!("\"token_endpoint\":\"{base}{TOKEN}\"")), "{received}");
    assert!(Tls::from_pem("", "").is_err());
}
