use headgate_core::{Body, TraceContext};
use headgate_fakes::CountingRandom;
use http::{HeaderMap, HeaderName, HeaderValue, Response};

use crate::town::{Function, ORDERS, Town, get, request, send};

fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        headers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    headers
}

fn get_with(
    function: &Function,
    path: &str,
    pairs: &[(&'static str, &'static str)],
) -> crate::town::Answered {
    let mut asked = request("GET", path, "");
    asked.headers_mut().extend(headers(pairs));
    send(function, asked)
}

#[test]
fn method_path_query_and_body_reach_the_backend() {
    let town = Town::new(ORDERS);
    let function = town.function();
    town.net.serves("orders.example", |request| Ok(Response::new(request.into_body())));
    let answered = send(&function, request("PATCH", "/proxy/orders/a%20b/c?q=1&r", "content"));
    assert_eq!((answered.status.as_u16(), answered.body.as_str()), (200, "content"));
    let sent = town.net.sent().remove(0);
    assert_eq!(sent.method, "PATCH");
    assert_eq!(sent.uri, "https://orders.example/v1/a%20b/c?q=1&r");
}

#[test]
fn headers_of_the_connection_do_not_reach_the_backend_and_the_others_do() {
    let town = Town::new(ORDERS);
    let function = town.function();
    get_with(
        &function,
        "/proxy/orders/a",
        &[
            ("connection", "close, x-private"),
            ("x-private", "1"),
            ("keep-alive", "timeout=5"),
            ("proxy-connection", "keep-alive"),
            ("te", "trailers"),
            ("trailer", "x"),
            ("transfer-encoding", "chunked"),
            ("proxy-authorization", "Basic x"),
            ("expect", "100-continue"),
            ("spin-path-info", "/a"),
            ("accept", "text/plain"),
            ("tracestate", "vendor=1"),
            ("x-custom", "1"),
            ("x-custom", "2"),
        ],
    );
    let sent = town.net.sent().remove(0).headers;
    let mut names: Vec<_> = sent.keys().map(HeaderName::as_str).collect();
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "accept",
            "tracestate",
            "x-custom",
            "x-forwarded-for",
            "x-forwarded-host",
            "x-forwarded-proto"
        ]
    );
    assert_eq!(sent.get_all("x-custom").iter().count(), 2);
}

#[test]
fn headers_of_the_backends_connection_do_not_reach_the_caller() {
    let town = Town::new(ORDERS);
    let function = town.function();
    town.net.serves("orders.example", |_| {
        let mut response = Response::new(Body::from("x"));
        *response.headers_mut() = headers(&[
            ("connection", "x-hop"),
            ("x-hop", "1"),
            ("keep-alive", "timeout=5"),
            ("upgrade", "h2c"),
            ("proxy-authenticate", "Basic"),
            ("etag", "\"1\""),
            ("set-cookie", "a=1"),
            ("set-cookie", "b=2"),
        ]);
        Ok(response)
    });
    let answered = get(&function, "/proxy/orders/a");
    let mut names: Vec<_> = answered.headers.keys().map(HeaderName::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["etag", "set-cookie"]);
    assert_eq!(answered.headers.get_all("set-cookie").iter().count(), 2);
}

#[test]
fn the_backend_learns_who_asked_and_for_what() {
    let town = Town::new(ORDERS);
    let function = town.function();
    let mut asked = request("GET", "/proxy/orders/a", "");
    asked.headers_mut().extend(headers(&[
        ("x-forwarded-for", "203.0.113.1"),
        ("x-forwarded-for", "198.51.100.2"),
        ("x-forwarded-host", "spoofed.example"),
        ("x-forwarded-proto", "gopher"),
        ("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
    ]));
    let trace = TraceContext::continued_or_new(asked.headers(), &CountingRandom::new());
    asked.extensions_mut().insert(trace);
    send(&function, asked);
    let sent = town.net.sent().remove(0).headers;
    assert_eq!(sent["x-forwarded-for"], "203.0.113.1, 198.51.100.2, 192.0.2.7");
    assert_eq!(sent["x-forwarded-host"], "gateway.example");
    assert_eq!(sent["x-forwarded-proto"], "http");
    assert_eq!(sent["traceparent"], trace.to_string());
    assert!(sent["traceparent"].to_str().unwrap().contains("4bf92f3577b34da6a3ce929d0e0e4736"));
}

#[test]
fn credentials_replace_what_the_caller_sent_under_the_same_names() {
    let document = format!(
        r#"{ORDERS}
[backends.Orders.credentials]
query = {{ code = ["${{secret:code}}"] }}
header = {{ X-Key = ["one", "two"] }}
authorization = {{ scheme = "Bearer", parameter = "{{{{token}}}}" }}
"#
    );
    let document =
        document.replace(ORDERS, "[backends.Orders]\nurl = \"https://orders.example/v1\"\n");
    let town = Town::new(&document).with("code", "s&1").with("token", "abc");
    let function = town.function();
    get_with(
        &function,
        "/proxy/orders/a?code=mine&q=1&C%4fde=x",
        &[("authorization", "Basic x"), ("x-key", "mine")],
    );
    let sent = town.net.sent().remove(0);
    assert_eq!(sent.uri, "https://orders.example/v1/a?q=1&code=s%261");
    assert_eq!(sent.headers["authorization"], "Bearer abc");
    assert_eq!(sent.headers.get_all("x-key").iter().collect::<Vec<_>>(), ["one", "two"]);
}

#[test]
fn a_request_without_content_is_sent_without_a_stream() {
    let town = Town::new(ORDERS);
    let function = town.function();
    town.net.serves("orders.example", |request| {
        let ended = http_body::Body::is_end_stream(request.body());
        Ok(Response::new(Body::from(if ended { "none" } else { "stream" })))
    });
    let send_with = |method: &str, length: Option<&'static str>| {
        let content = http_body_util::StreamBody::new(futures_util::stream::empty::<
            Result<http_body::Frame<bytes::Bytes>, std::io::Error>,
        >());
        let mut asked = request(method, "/proxy/orders/a", "");
        *asked.body_mut() = Body::stream(content);
        let length =
            length.map(|length| (http::header::CONTENT_LENGTH, HeaderValue::from_static(length)));
        asked.headers_mut().extend(length);
        send(&function, asked).body
    };
    assert_eq!(send_with("GET", None), "none");
    assert_eq!(send_with("HEAD", None), "none");
    assert_eq!(send_with("GET", Some("5")), "stream");
    assert_eq!(send_with("POST", None), "stream");
}
