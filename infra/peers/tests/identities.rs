//! The identity endpoints over the wire: what they refuse.

#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "clippy's allowance for tests covers test functions and not what they share"
)]

mod support;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use headgate_core::Secret;
use headgate_peers::identity::{AppService, Arc as ArcAgent, Assigned, Imds, Machine};
use headgate_peers::issuer::{Guid, Issuer, IssuerConfig, SystemClock};
use headgate_peers::peer::Serving;
use support::{Answer, exchange};

const LISTEN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

async fn machine() -> Machine {
    let identity = |number, is_system| Assigned {
        client_id: Guid::from_u128(number),
        object_id: Guid::from_u128(number + 1),
        resource_id: format!("/subscriptions/{number}"),
        is_system,
    };
    Machine {
        issuer: Arc::new(Issuer::start(IssuerConfig::default()).await.unwrap()),
        clock: Arc::new(SystemClock),
        identities: vec![identity(1, true), identity(3, false)],
        resources: vec!["https://vault.azure.net".to_owned()],
        lifetime: 3_600,
    }
}

async fn get(serving: &Serving, path: &str, headers: &str) -> Answer {
    let address = serving.address();
    let text =
        format!("GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n{headers}\r\n");
    exchange(address, &text).await
}

#[tokio::test]
async fn the_metadata_service_refuses_what_it_is_not_meant_for() {
    let imds = Imds::start(LISTEN, machine().await).await.unwrap();
    let good = "/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2Fvault.azure.net";
    let metadata = "Metadata: true\r\n";
    let answer = get(&imds, good, metadata).await;
    let body = answer.json();
    assert_eq!(answer.status, Some(200));
    for name in ["expires_in", "expires_on", "not_before", "resource", "token_type", "access_token"]
    {
        assert!(body[name].is_string(), "{name}");
    }
    assert_eq!(body["refresh_token"], "");
    for (path, headers, status, error) in [
        (good.to_owned(), "", 400, "bad_request_102"),
        (good.to_owned(), "Metadata: false\r\n", 400, "bad_request_102"),
        (
            good.to_owned(),
            "Metadata: true\r\nX-Forwarded-For: 192.0.2.1\r\n",
            400,
            "invalid_request",
        ),
        (
            good.replace("2018-02-01", "2017-09-01"),
            metadata,
            400,
            "Bad request. api-version was not specified or is not supported",
        ),
        (good.replace("resource", "scope"), metadata, 400, "invalid_request"),
        (good.replace("vault", "other"), metadata, 400, "invalid_resource"),
        (good.replace("net", "net%2F"), metadata, 400, "invalid_resource"),
        (format!("{good}&client_id={}", Guid::from_u128(9)), metadata, 400, "invalid_request"),
        (format!("{good}&mi_res_id=%2Fsubscriptions%2F1"), metadata, 400, "invalid_request"),
        (format!("{good}&client_id=a&object_id=b"), metadata, 400, "invalid_request"),
        ("/metadata/identity/oauth2/tokens".to_owned(), metadata, 404, "not_found"),
    ] {
        let answer = get(&imds, &path, headers).await;
        assert_eq!(answer.status, Some(status), "{path}");
        assert_eq!(answer.json()["error"], error, "{path}");
    }
    let named = format!("{good}&msi_res_id=%2FSUBSCRIPTIONS%2F3");
    assert_eq!(
        get(&imds, &named, metadata).await.json()["client_id"],
        Guid::from_u128(3).to_string()
    );
}

#[tokio::test]
async fn an_apps_endpoint_wants_the_apps_header_and_its_own_names() {
    let app = AppService::start(LISTEN, machine().await, Secret::new("secret")).await.unwrap();
    let good = "/msi/token?api-version=2019-08-01&resource=https%3A%2F%2Fvault.azure.net";
    let header = "X-IDENTITY-HEADER: secret\r\n";
    let body = get(&app, good, header).await.json();
    assert!(body["expires_on"].is_string() && body.get("expires_in").is_none());
    for (path, headers, status) in [
        (good.to_owned(), "", 401),
        (good.to_owned(), "X-IDENTITY-HEADER: other\r\n", 401),
        (good.to_owned(), "Secret: secret\r\n", 401),
        (good.replace("2019-08-01", "2018-02-01"), header, 400),
        (good.replace("vault", "other"), header, 400),
        (format!("{good}&msi_res_id=%2Fsubscriptions%2F1"), header, 400),
        (format!("{good}&client_id={}", Guid::from_u128(9)), header, 400),
        ("/msi/tokens".to_owned(), header, 404),
    ] {
        assert_eq!(get(&app, &path, headers).await.status, Some(status), "{path}");
    }
    let old = good.replace("2019-08-01", "2017-09-01");
    let body = get(&app, &old, "Secret: secret\r\n").await.json();
    assert!(body["expires_on"].as_str().unwrap().ends_with(" +00:00"));
}

#[tokio::test]
async fn the_arc_agents_key_is_good_once() {
    let written = Arc::new(std::sync::Mutex::new(Vec::new()));
    let write = Arc::clone(&written);
    let write = Box::new(move |path: &str, key: &str| {
        write.lock().unwrap().push((path.to_owned(), key.to_owned()))
    });
    let (serving, _agent) = ArcAgent::start(LISTEN, machine().await, write).await.unwrap();
    let good = "/metadata/identity/oauth2/token?api-version=2020-06-01&resource=https%3A%2F%2Fvault.azure.net";
    let challenge = get(&serving, good, "Metadata: true\r\n").await;
    assert_eq!(challenge.status, Some(401));
    let (path, key) = written.lock().unwrap()[0].clone();
    assert!(challenge.head.contains(&format!("www-authenticate: basic realm={path}")));
    let with_key = format!("Metadata: true\r\nAuthorization: Basic {key}\r\n");
    assert_eq!(get(&serving, good, &with_key).await.status, Some(200));
    assert_eq!(get(&serving, good, &with_key).await.status, Some(403));
    assert_eq!(get(&serving, good, "").await.status, Some(400));
    let user = format!("{good}&client_id={}", Guid::from_u128(3));
    assert_eq!(get(&serving, &user, "Metadata: true\r\n").await.status, Some(400));
}
