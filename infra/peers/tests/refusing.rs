//! What the issuer refuses, over the wire.

#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "clippy's allowance for tests covers test functions and not what they share"
)]

mod support;

use std::sync::{Arc, Mutex};

use headgate_core::{RequestLog, Served};
use headgate_peers::issuer::{
    DEFAULT_CLIENT_ID, DEFAULT_TENANT, Issuer, IssuerConfig, ListenError, RequestError, Running,
    StartError, TokenRequest, request_token,
};
use support::{exchange, form, get, post_form, request, token_path};

async fn start() -> Running {
    Issuer::start(IssuerConfig::default()).await.unwrap()
}

#[tokio::test]
async fn it_does_not_listen_where_others_can_reach_it() {
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:0"] {
        let config = IssuerConfig { listen: address.parse().unwrap(), ..IssuerConfig::default() };
        let error = Issuer::start(config).await.unwrap_err();
        assert!(matches!(error, StartError::Listen(ListenError::NotLoopback { .. })), "{address}");
        assert!(error.to_string().contains("is not loopback"));
    }
}

#[tokio::test]
async fn every_refusal_has_the_code_and_the_status_of_entras() {
    let running = start().await;
    let good = form(&running, "");
    let cases = [
        (
            token_path(),
            good.replace("client_credentials", "password"),
            400,
            "unsupported_grant_type",
            70_003,
        ),
        (token_path(), good.replace("grant_type", "grant"), 400, "invalid_request", 900_144),
        (token_path(), format!("{good}&scope=a"), 400, "invalid_request", 9_000_411),
        (token_path(), format!("{good}&a=%zz"), 400, "invalid_request", 9_002_313),
        (
            token_path(),
            good.replace("client_secret=", "client_secret=x"),
            401,
            "invalid_client",
            7_000_215,
        ),
        (token_path(), good.replace("client_secret=", "secret="), 401, "invalid_client", 7_000_218),
        (
            token_path(),
            good.replace(DEFAULT_CLIENT_ID, DEFAULT_TENANT),
            400,
            "unauthorized_client",
            700_016,
        ),
        (token_path(), good.replace("%2F.default", "%2Fread"), 400, "invalid_scope", 1_002_012),
        (token_path(), good.replace("headgate%2F", "other%2F"), 400, "invalid_resource", 500_011),
        ("/common/oauth2/v2.0/token".to_owned(), good.clone(), 400, "invalid_request", 50_059),
        ("/nobody/oauth2/v2.0/token".to_owned(), good.clone(), 400, "invalid_request", 90_002),
    ];
    for (path, body, status, error, code) in cases {
        let answer = post_form(&running, &path, "", &body).await;
        assert_eq!(answer.status, Some(status), "{code}");
        assert!(answer.head.contains("content-type: application/json"));
        let json = answer.json();
        assert_eq!(json["error"], error, "{code}");
        assert_eq!(json["error_codes"][0], code);
        let description = json["error_description"].as_str().unwrap();
        assert!(description.starts_with(&format!("AADSTS{code}: ")), "{description}");
        assert!(!description.contains(running.client_secret().expose()));
    }
    running.stop().await;
}

#[tokio::test]
async fn a_token_is_not_to_be_had_by_get_or_from_another_content_type() {
    let running = start().await;
    let answer =
        request(&running, "GET", &format!("{}?{}", token_path(), form(&running, "")), "").await;
    assert_eq!((answer.status, &answer.json()["error_codes"][0]), (Some(400), &900_561.into()));

    let body = form(&running, "");
    let text = format!(
        "POST {} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: text/plain\r\n\
         content-length: {}\r\n\r\n{body}",
        token_path(),
        body.len(),
    );
    let answer = exchange(running.address(), &text).await;
    assert_eq!((answer.status, &answer.json()["error_codes"][0]), (Some(400), &900_144.into()));
    running.stop().await;
}

#[tokio::test]
async fn a_form_that_is_too_long_is_refused() {
    let running = start().await;
    let body = form(&running, &format!("&padding={}", "a".repeat(64 * 1024)));
    let answer = post_form(&running, &token_path(), "", &body).await;
    assert_eq!((answer.status, &answer.json()["error_codes"][0]), (Some(400), &9_002_313.into()));
    running.stop().await;
}

#[tokio::test]
async fn the_callers_correlation_id_comes_back_when_it_is_a_guid() {
    let running = start().await;
    let id = "11111111-2222-4333-8444-555555555555";
    let header = format!("client-request-id: {id}\r\n");
    let answer = post_form(&running, &token_path(), &header, "").await.json();
    assert_eq!(answer["correlation_id"], id);
    let answer = post_form(&running, &token_path(), "client-request-id: <b>\r\n", "").await.json();
    assert_ne!(answer["correlation_id"], "<b>");
    running.stop().await;
}

#[tokio::test]
async fn a_request_for_another_host_is_refused_whatever_the_route() {
    let running = start().await;
    for path in ["/healthz", "/dev/rotate", "/common/discovery/keys"] {
        for host in
            ["rebound.example", "rebound.example:3001", "127.0.0.1.rebound.example", "192.0.2.1"]
        {
            let text = format!("GET {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
            let answer = exchange(running.address(), &text).await;
            assert_eq!(answer.status, Some(421), "{path} {host}");
        }
    }
    let two = "GET /healthz HTTP/1.1\r\nhost: localhost\r\nhost: rebound.example\r\nconnection: close\r\n\r\n";
    assert_ne!(exchange(running.address(), two).await.status, Some(200));
    let none = "GET /healthz HTTP/1.0\r\n\r\n";
    assert_eq!(exchange(running.address(), none).await.status, Some(421));
    let absolute = "GET http://rebound.example/healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    assert_eq!(exchange(running.address(), absolute).await.status, Some(421));
    assert_eq!(get(&running, "/healthz").await.status, Some(200));
    running.stop().await;
}

#[tokio::test]
async fn keys_rotate_only_for_one_who_says_so_in_a_header_that_no_page_can_send() {
    let running = start().await;
    let before = running.kids();
    let cases = [
        ("POST", "/dev/rotate", "", 403),
        ("POST", "/dev/rotate", "headgate-dev: yes\r\n", 403),
        ("GET", "/dev/rotate", "headgate-dev: 1\r\n", 405),
        ("OPTIONS", "/dev/rotate", "origin: http://rebound.example\r\n", 405),
        ("POST", "/dev/rotate?withdraw=yes", "headgate-dev: 1\r\n", 400),
        ("POST", "/dev/rotate?withdraw=true&x", "headgate-dev: 1\r\n", 400),
    ];
    for (method, path, headers, status) in cases {
        let answer = request(&running, method, path, headers).await;
        assert_eq!(answer.status, Some(status), "{method} {path}");
        assert!(!answer.head.contains("access-control"));
    }
    assert_eq!(running.kids(), before);
    running.stop().await;
}

#[tokio::test]
async fn documents_are_read_only_and_unknown_tenants_and_paths_have_none() {
    let running = start().await;
    let metadata = format!("/{DEFAULT_TENANT}/v2.0/.well-known/openid-configuration");
    let answer = request(&running, "DELETE", &metadata, "").await;
    assert_eq!(answer.status, Some(405));
    assert!(answer.head.contains("allow: get"));
    let answer = get(&running, "/nobody/v2.0/.well-known/openid-configuration").await;
    assert_eq!((answer.status, &answer.json()["error_codes"][0]), (Some(400), &90_002.into()));
    assert_eq!(get(&running, "/consumers/discovery/v2.0/keys").await.status, Some(400));
    for path in ["/", "/common/oauth2/v2.0/authorize", &format!("{metadata}/")] {
        assert_eq!(get(&running, path).await.status, Some(404), "{path}");
    }
    running.stop().await;
}

#[tokio::test]
async fn no_secret_and_no_token_is_logged() {
    #[derive(Default)]
    struct Lines(Mutex<Vec<String>>);
    impl RequestLog for Lines {
        fn record(&self, served: &Served) {
            self.0.lock().unwrap().push(served.to_json());
        }
    }
    let lines = Arc::new(Lines::default());
    let config = IssuerConfig { log: lines.clone(), ..IssuerConfig::default() };
    let running = Issuer::start(config).await.unwrap();
    let answer = post_form(&running, &token_path(), "", &form(&running, "")).await.json();
    post_form(&running, &token_path(), "", &form(&running, "&scope=again")).await;
    get(&running, "/sub=private").await;
    let (secret, token) = (running.client_secret().clone(), answer["access_token"].clone());
    assert!(!format!("{running:?}").contains(secret.expose()));
    running.stop().await;

    let lines = lines.0.lock().unwrap();
    assert_eq!(lines.len(), 3);
    for line in lines.iter() {
        assert!(!line.contains(secret.expose()) && !line.contains(token.as_str().unwrap()));
        assert!(!line.contains("private"));
    }
    assert!(lines[0].contains(r#""route":"token","result":"ok","status":200"#), "{}", lines[0]);
    assert!(lines[1].contains(r#""result":"ParameterDuplicated""#), "{}", lines[1]);
}

#[tokio::test]
async fn the_client_gets_a_token_as_it_asks_and_tells_why_when_it_gets_none() {
    let running = start().await;
    let request = TokenRequest {
        roles: vec!["Orders.Read".to_owned()],
        audience: Some("api://orders".to_owned()),
        tenant: "headgate.example".to_owned(),
        ..TokenRequest::new(running.base_url(), running.client_secret().clone())
    };
    let (_, claims) = support::parts(&request_token(&request).await.unwrap());
    assert_eq!(claims["roles"][0], "Orders.Read");
    assert_eq!(claims["aud"], "api://orders");

    let refused = TokenRequest { resource: "api://nothing".to_owned(), ..request.clone() };
    let error = request_token(&refused).await.unwrap_err();
    assert!(error.to_string().contains("AADSTS500011"), "{error}");
    let unconfigured =
        TokenRequest { algorithm: Some("ES256".parse().unwrap()), ..request.clone() };
    let error = request_token(&unconfigured).await.unwrap_err();
    assert!(error.to_string().contains("--alg ES256"), "{error}");
    running.stop().await;

    let error = request_token(&request).await.unwrap_err();
    assert!(matches!(error, RequestError::Unreachable(_)), "{error}");
}

#[tokio::test]
async fn the_client_sends_its_secret_to_no_other_machine() {
    let secret = headgate_core::Secret::new("secret");
    for url in ["http://192.0.2.1:3001", "https://127.0.0.1:3001", "127.0.0.1:3001", ""] {
        let error = request_token(&TokenRequest::new(url, secret.clone())).await.unwrap_err();
        assert!(
            matches!(error, RequestError::Address | RequestError::NotLoopback(_)),
            "{url}: {error}"
        );
    }
}
