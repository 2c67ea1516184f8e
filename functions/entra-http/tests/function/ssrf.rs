use headgate_fakes::Answered;
use serde_json::json;

use crate::net::with_headers;
use crate::town::{Function, ORDERS, Town, get, request, send};

/// Paths by which a caller could try to reach another host, another path, or another port than the allow-list names.
const PATHS: &[&str] = &[
    // Steps out of the base path and out of the allow-list, in every way of writing them.
    "/orders/orders/../admin",
    "/orders/orders/../../admin",
    "/orders/..",
    "/orders/../orders",
    "/orders/orders/..",
    "/orders/orders/./../admin",
    "/orders/orders/.",
    "/orders/orders/%2e%2e/admin",
    "/orders/orders/%2E%2E/admin",
    "/orders/orders/.%2e/admin",
    "/orders/orders/%2e./admin",
    "/orders/orders/%2e/admin",
    "/orders/orders/..;/admin",
    "/orders/orders/..;a=b/admin",
    "/orders/orders/%2e%2e;/admin",
    "/orders/orders/..%3b/admin",
    "/orders/orders/..%20/admin",
    "/orders/orders/..%2fadmin",
    "/orders/orders/..%2Fadmin",
    "/orders/orders%2f..%2fadmin",
    "/orders/orders/..%5cadmin",
    "/orders/orders%5c..%5cadmin",
    "/orders/orders/%5c%5cevil.example/share",
    "/orders/orders/%252e%252e/admin",
    "/orders/orders/%252e%252e%252fadmin",
    "/orders/orders/%25252e%25252e/admin",
    "/orders/orders/..%252fadmin",
    "/orders/orders/%c0%ae%c0%ae/admin",
    "/orders/orders/%c0%af..%c0%afadmin",
    "/orders/orders/%e0%80%ae%e0%80%ae/admin",
    "/orders/orders/%ef%bc%8e%ef%bc%8e/admin",
    "/orders/orders/%e2%80%a5/admin",
    "/orders/orders/%ef%b8%b0/admin",
    "/orders/orders/..%23x/admin",
    "/orders/orders/..%3fx/admin",
    "/orders/orders/%e2%80%a4%e2%80%a4/admin",
    "/orders/orders/%ef%bc%8f..%ef%bc%8fadmin",
    "/orders/orders/%u002e%u002e/admin",
    "/orders/orders/%%32%65%%32%65/admin",
    "/orders/orders/%2e%2e%00/admin",
    // Empty segments, by which some servers begin another host or another path.
    "/orders//evil.example/",
    "/orders///evil.example/",
    "/orders/orders//169.254.169.254/latest/meta-data",
    "//evil.example/orders",
    "//orders/orders",
    // Another address in the place of the name.
    "/https://evil.example/",
    "/http:/127.0.0.1/",
    "/orders@evil.example/orders",
    "/orders:8443/orders",
    "/orders.evil.example/orders",
    "/orders%40evil.example/orders",
    "/orders%2f@evil.example/orders",
    "/orders%00/orders",
    "/ORDERS/orders",
    "/169.254.169.254/metadata/instance",
    "/localhost/orders",
    // Another address behind the name.
    "/orders/@evil.example/",
    "/orders/:8443/",
    "/orders/.evil.example/",
    "/orders/http://evil.example/",
    "/orders/https:%2f%2fevil.example/",
    "/orders/%2f%2fevil.example/",
    "/orders/%40evil.example",
    // Beside the allow-list.
    "/orders",
    "/orders/",
    "/orders/admin",
    "/orders/Orders/1",
    "/orders/orders;a=b/1",
    "/orders/ordersx",
    "/orders/lists",
    "/orders/lists/1/2",
    "/orders/lists/1/",
    // Lines and headers of another request.
    "/orders/orders/%0d%0aHost:%20evil.example",
    "/orders/orders/%0d%0a%0d%0aGET%20/admin",
    "/orders/orders/%0aX-Evil:1",
    "/orders/orders/%e2%80%a8",
    "/orders/orders/%7f",
    "/orders/orders?a=%0d%0aHost:%20evil.example",
    "/orders/orders?a=%00",
    "/orders/orders?a=%zz",
];

/// Methods that the allow-list has not.
const METHODS: &[&str] =
    &["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "TRACK", "CONNECT", "PROPFIND", "get", "GET2"];

/// Addresses in an invocation that are not the upstream's.
const ADDRESSES: &[&str] = &[
    "https://evil.example/v1/orders/1",
    "http://orders.example/v1/orders/1",
    "https://orders.example:8443/v1/orders/1",
    "https://orders.example.evil.example/v1/orders/1",
    "https://orders.example@evil.example/v1/orders/1",
    "https://user:word@orders.example/v1/orders/1",
    "https://@evil.example/v1/orders/1",
    "https://evil.example#@orders.example/v1/orders/1",
    "https://orders.example\\@evil.example/v1/orders/1",
    "https:\\\\evil.example/v1/orders/1",
    "https:/evil.example/v1/orders/1",
    "https:evil.example/v1/orders/1",
    "HTTPS://EVIL.EXAMPLE/v1/orders/1",
    "//evil.example/v1/orders/1",
    "///evil.example/v1/orders/1",
    "\\\\evil.example\\orders",
    "/\\evil.example/orders",
    "https://orders.example/admin",
    "https://orders.example/v1",
    "https://orders.example/v1x/orders/1",
    "https://orders.example/v1/../admin",
    "https://orders.example/v1/orders/%2e%2e/%2e%2e/admin",
    "https://orders.example/v1/orders/..%2f..%2fadmin",
    "https://orders.example/v1/orders/1#fragment",
    "https://orders.example./v1/orders/1",
    "https://169.254.169.254/v1/orders/1",
    "http://169.254.169.254/metadata/identity/oauth2/token",
    "https://2852039166/v1/orders/1",
    "https://0xa9.0xfe.0xa9.0xfe/v1/orders/1",
    "https://0251.0376.0251.0376/v1/orders/1",
    "https://[::ffff:169.254.169.254]/v1/orders/1",
    "https://127.1/v1/orders/1",
    "https://[::1]/v1/orders/1",
    "https://localhost/v1/orders/1",
    "https://\u{24de}rders.example/v1/orders/1",
    "https://orders.example\t.evil.example/v1/orders/1",
    "https://evil.example\r\nHost: orders.example/v1/orders/1",
    " https://orders.example/v1/orders/1",
    "file:///etc/passwd",
    "gopher://127.0.0.1:6379/_FLUSHALL",
    "ftp://orders.example/v1/orders/1",
    "data:text/plain,x",
    "javascript:alert(1)",
    "../admin",
    "/../admin",
    "orders/../../admin",
    "orders/%2e%2e/admin",
    "?a=b",
    "",
];

fn refused(town: &Town, what: &str, answered: &Answered) {
    let status = answered.status.as_u16();
    assert!([400, 403, 404, 501].contains(&status), "{what} is answered {status}");
    assert!(town.net.sent().is_empty(), "{what} reached the upstream: {:?}", town.net.sent());
    assert_eq!(town.net.tokens(), 0, "a token was had for {what}");
}

fn invoke(function: &Function, url: &str) -> Answered {
    let body = json!({ "method": "GET", "url": url }).to_string();
    send(function, request("POST", "/orders/codeless/InvokeHttp", &body))
}

#[test]
fn no_attempt_reaches_the_upstream_or_a_token() {
    let count = PATHS.len() + METHODS.len() + ADDRESSES.len();
    assert!(count >= 60, "{count}");
    let town = Town::new(ORDERS);
    let function = town.function();
    for path in PATHS {
        refused(&town, path, &get(&function, path));
    }
    for method in METHODS {
        let answered = send(&function, request(method, "/orders/orders/1", ""));
        refused(&town, method, &answered);
    }
    for url in ADDRESSES {
        refused(&town, url, &invoke(&function, url));
    }
    // The table tells nothing unless what is allowed does arrive.
    assert_eq!(get(&function, "/orders/orders/1").status, 200);
    assert_eq!(invoke(&function, "https://orders.example/v1/orders/1?a=b").status, 200);
    assert_eq!(invoke(&function, "https://ORDERS.example:443/v1/orders/1").status, 200);
    assert_eq!(invoke(&function, "orders/1").status, 200);
    assert_eq!(invoke(&function, "/orders/1").status, 200);
    assert_eq!((town.net.sent().len(), town.net.tokens()), (5, 1));
}

#[test]
fn a_host_that_the_caller_names_is_not_the_one_that_is_called() {
    let town = Town::new(ORDERS);
    let function = town.function();
    let mut asked = request("GET", "/orders/orders/1", "");
    *asked.uri_mut() = "http://evil.example/orders/orders/1".parse().unwrap();
    asked.headers_mut().insert("host", "evil.example".parse().unwrap());
    assert_eq!(send(&function, asked).status, 200);
    let sent = town.net.sent().remove(0);
    assert_eq!(sent.uri.host(), Some("orders.example"));
    assert_eq!(sent.header("host"), None);
}

#[test]
fn an_upstream_cannot_lead_anybody_elsewhere() {
    for link in [
        "https://evil.example/v1/orders/2",
        "http://orders.example/v1/orders/2",
        "https://orders.example:8443/v1/orders/2",
        "https://orders.example@evil.example/v1/orders/2",
        "https://user@orders.example/v1/orders/2",
        "//evil.example/v1/orders/2",
        "\\\\evil.example\\v1",
        "https:\\\\evil.example",
        "/admin",
        "/v1/admin",
        "/v1/orders/../../admin",
        "/v1/orders/%2e%2e%2fadmin",
        "https://169.254.169.254/metadata",
        "ht\ttps://evil.example/",
        "file:///etc/passwd",
    ] {
        let town = Town::new(ORDERS);
        let function = town.function();
        let body = json!({ "value": [1], "nextLink": link }).to_string();
        town.net
            .serves(move |_| Ok(with_headers(200, &[("content-type", "application/json")], &body)));
        let answered = get(&function, "/orders/orders");
        assert_eq!(
            (answered.status.as_u16(), answered.result()),
            (502, "NextLinkRefused"),
            "{link}"
        );
        let mut whole = request("GET", "/orders/orders", "");
        whole.headers_mut().insert("prefer", "headgate.all-pages".parse().unwrap());
        assert_eq!(send(&function, whole).result(), "NextLinkRefused", "{link}");
        assert_eq!(town.net.sent().len(), 2, "{link}");
    }
}
