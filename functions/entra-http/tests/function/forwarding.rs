use headgate_core::HttpError;
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::net::{answer, with_headers};
use crate::town::{ORDERS, Town, get, request, send};

#[test]
fn a_request_goes_on_with_a_token_and_its_answer_comes_back() {
    let town = Town::new(ORDERS);
    let function = town.function();
    town.net.serves(|_| {
        Ok(with_headers(201, &[("x-ms-request-id", "7"), ("content-type", "text/plain")], "made"))
    });
    let answered = send(&function, request("POST", "/orders/orders/7?a=b%20c", "{\"n\":1}"));
    assert_eq!(
        (answered.status.as_u16(), answered.body.as_str(), answered.result()),
        (201, "made", "ok")
    );
    assert_eq!(answered.header("x-ms-request-id"), Some("7"));
    let sent = &town.net.sent()[0];
    assert_eq!(
        (sent.method.as_str(), sent.uri.to_string().as_str()),
        ("POST", "https://orders.example/v1/orders/7?a=b%20c")
    );
    assert_eq!(
        (sent.header("authorization"), &sent.body[..]),
        (Some("Bearer token-1"), &b"{\"n\":1}"[..])
    );
    assert_eq!(get(&function, "/orders/orders/8").status, 201);
    assert_eq!(town.net.tokens(), 1);
}

#[test]
fn what_is_the_callers_own_stays_here() {
    let town = Town::new(ORDERS);
    let function = town.function();
    let mut asked = request("GET", "/orders/orders/1?access_token=mine&a=1", "");
    let own = [
        ("authorization", "Bearer mine"),
        ("proxy-authorization", "Basic mine"),
        ("cookie", "session=mine"),
        ("x-forwarded-for", "10.0.0.1"),
        ("x-forwarded-host", "internal"),
        ("forwarded", "for=10.0.0.1"),
        ("x-original-url", "/admin"),
        ("x-rewrite-url", "/admin"),
        ("x-http-method-override", "DELETE"),
        ("x-http-method", "DELETE"),
        ("x-headgate-connection", "a"),
        ("ocp-apim-subscription-key", "mine"),
        ("connection", "accept-language, close"),
        ("accept-language", "de"),
        ("te", "trailers"),
        ("spin-path-info", "/x"),
        ("accept", "application/json"),
        ("x-ms-client-request-id", "7"),
    ];
    for (name, value) in own {
        asked.headers_mut().append(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    assert_eq!(send(&function, asked).status, 200);
    let sent = town.net.sent().remove(0);
    let mut names: Vec<_> = sent.headers.keys().map(HeaderName::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["accept", "authorization", "x-ms-client-request-id"]);
    assert_eq!(sent.header("authorization"), Some("Bearer token-1"));
    assert_eq!(sent.uri.query(), Some("a=1"));
}

#[test]
fn headers_follow_the_upstreams_rules_both_ways() {
    let rules = r#"
[orders.request-headers]
pass = ["X-Tenant"]
drop = ["user-agent"]
set = { x-api-key = "${secret:key}", accept = "text/csv" }
[orders.response-headers]
drop = ["server"]
set = { cache-control = "no-store" }
"#;
    let town = Town::new(&format!("{ORDERS}{rules}")).with("key", "s3cret");
    let function = town.function();
    town.net.serves(|_| {
        let headers = [
            ("server", "IIS"),
            ("set-cookie", "a=b"),
            ("cache-control", "public"),
            ("access-control-allow-origin", "*"),
            ("strict-transport-security", "max-age=1"),
            ("keep-alive", "timeout=5"),
            ("etag", "\"1\""),
        ];
        Ok(with_headers(200, &headers, ""))
    });
    let mut asked = request("GET", "/orders/orders", "");
    for (name, value) in
        [("x-tenant", "t"), ("user-agent", "u"), ("accept", "*/*"), ("x-api-key", "mine")]
    {
        asked.headers_mut().append(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    let answered = send(&function, asked);
    let sent = town.net.sent().remove(0);
    assert_eq!(sent.header("x-tenant"), Some("t"));
    assert_eq!(sent.header("x-api-key"), Some("s3cret"));
    assert_eq!(sent.header("accept"), Some("text/csv"));
    assert_eq!(sent.header("user-agent"), None);
    let expected = HeaderMap::from_iter([
        (HeaderName::from_static("cache-control"), HeaderValue::from_static("no-store")),
        (HeaderName::from_static("etag"), HeaderValue::from_static("\"1\"")),
    ]);
    assert_eq!(answered.headers, expected);
}

#[test]
fn throttling_and_refusals_of_the_upstream_come_back_as_they_are() {
    let town = Town::new(ORDERS);
    let function = town.function();
    town.net.serves(|_| {
        let headers = [
            ("retry-after", "17"),
            ("x-ms-ratelimit-remaining-tenant-reads", "0"),
            ("x-ms-request-id", "r"),
        ];
        Ok(with_headers(429, &headers, "slow down"))
    });
    let answered = get(&function, "/orders/orders");
    assert_eq!((answered.status.as_u16(), answered.body.as_str()), (429, "slow down"));
    for (name, value) in [
        ("retry-after", "17"),
        ("x-ms-ratelimit-remaining-tenant-reads", "0"),
        ("x-ms-request-id", "r"),
    ] {
        assert_eq!(answered.header(name), Some(value));
    }
    town.net.serves(|_| Ok(answer(403, r#"{"error":{"code":"Forbidden","message":""}}"#)));
    assert_eq!(get(&function, "/orders/orders").status, 403);
    assert_eq!(town.net.sent().len(), 2);
}

#[test]
fn an_upstream_that_does_not_answer_is_answered_for() {
    let town = Town::new(ORDERS);
    let function = town.function();
    for (error, status, result) in [
        (HttpError::Unreachable as fn(String) -> HttpError, 502, "UpstreamUnreachable"),
        (HttpError::Protocol, 502, "UpstreamUnreachable"),
        (|_| HttpError::TimedOut, 504, "UpstreamTimedOut"),
        (HttpError::NotAllowed, 502, "UpstreamNotAllowed"),
    ] {
        town.net.serves(move |_| Err(error("why".to_owned())));
        let answered = get(&function, "/orders/orders");
        assert_eq!((answered.status.as_u16(), answered.result()), (status, result));
        assert!(!answered.body.contains("why"));
    }
    let reports = town.diagnostics.take();
    assert!(
        reports.iter().any(|(_, text)| text.contains("upstream orders may not be called")),
        "{reports:?}"
    );
}

#[test]
fn without_access_nothing_is_answered_but_health_and_the_callback() {
    let town = Town::new(ORDERS).with("access", "");
    let function = town.function();
    assert_eq!(get(&function, "/healthz").status, 200);
    assert_eq!(get(&function, "/consent/callback").status, 400);
    for path in ["/orders/orders", "/nobody", "/openapi.json", "/consent/orders"] {
        assert_eq!(get(&function, path).result(), "AccessNotConfigured", "{path}");
    }
    assert!(town.net.sent().is_empty() && town.net.tokens() == 0);
}

#[test]
fn an_upgrade_is_refused() {
    let town = Town::new(ORDERS);
    let function = town.function();
    let mut upgrade = request("GET", "/orders/orders", "");
    upgrade.headers_mut().insert("connection", HeaderValue::from_static("Upgrade"));
    upgrade.headers_mut().insert("upgrade", HeaderValue::from_static("websocket"));
    assert_eq!(send(&function, upgrade).status, 501);
    assert!(town.net.sent().is_empty());
}
