//! Components that keep their state in a Redis server.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "this is a test"
)]

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use headgate_core::KeyValue;
use headgate_local::{Limits, LocalHost, Running};
use headgate_native::RedisStore;
use headgate_tests::host::{Build, component_file};
use headgate_tests::peer::RedisServer;
use headgate_tests::wire;
use http::{Method, Request};
use tempfile::TempDir;
use tokio::net::TcpListener;

/// The component `stored`, with one value of its variable `store`.
struct Stored {
    running: Running,
    lines: Arc<Mutex<Vec<String>>>,
    _state: TempDir,
}

const MANIFEST: &str = r#"
    spin_manifest_version = 2
    [application]
    name = "redis"
    [variables]
    store = { default = "" }
    [[trigger.http]]
    route = "/..."
    component = "stored"
    [component.stored]
    source = "replaced"
    key_value_stores = ["default"]
    allowed_outbound_hosts = ["redis://127.0.0.1:*"]
    [component.stored.variables]
    store = "{{ store }}"
"#;

impl Stored {
    async fn start(store: &str) -> Self {
        let component = component_file(Build::Portable, "headgate_stored.wasm").unwrap();
        let (state, lines) = (tempfile::tempdir().unwrap(), Arc::new(Mutex::new(Vec::new())));
        let written = Arc::clone(&lines);
        let running = LocalHost::from_text(MANIFEST, state.path())
            .variable("store", store)
            .cache_folder(component.parent().unwrap().join("compiled"))
            .component_source("stored", component)
            .state_folder(state.path().join("state"))
            .limits(Limits { instances: 32, ..Limits::default() })
            .guest_output(Arc::new(move |_, _, line| {
                written.lock().unwrap().push(String::from_utf8_lossy(line).into_owned());
            }))
            .start()
            .await
            .unwrap();
        Self { running, lines, _state: state }
    }

    async fn ask(&self, request: Request<Bytes>) -> (u16, Bytes) {
        ask(self.running.address(), request).await
    }

    async fn get(&self, key: &str) -> (u16, Bytes) {
        self.ask(request(Method::GET, "/value", key, "")).await
    }

    async fn put(&self, key: &str, value: &'static str) -> (u16, Bytes) {
        self.ask(request(Method::PUT, "/value", key, value)).await
    }

    async fn keys(&self, beginning: &str) -> String {
        let (status, keys) = self.ask(request(Method::GET, "/keys", beginning, "")).await;
        assert_eq!(status, 200, "{keys:?}");
        text(&keys)
    }

    async fn swap(&self, expected: Option<&str>, new: &'static [u8]) -> u16 {
        let mut request = request(Method::POST, "/swap", "swapped", "");
        if let Some(expected) = expected {
            request.headers_mut().insert("expected", expected.parse().unwrap());
        }
        *request.body_mut() = Bytes::from_static(new);
        self.ask(request).await.0
    }
}

async fn ask(address: SocketAddr, request: Request<Bytes>) -> (u16, Bytes) {
    // A call that hangs must fail the test and not stop it.
    let sent = tokio::time::timeout(Duration::from_secs(60), wire::send(address, request)).await;
    let answer = sent.expect("an answer within a minute").unwrap();
    (answer.status().as_u16(), answer.into_body())
}

fn request(method: Method, path: &str, key: &str, body: &'static str) -> Request<Bytes> {
    let request = Request::builder().method(method).uri(path).header("key", key);
    request.body(Bytes::from_static(body.as_bytes())).unwrap()
}

fn text(bytes: &Bytes) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn native(url: &str, prefix: &str) -> RedisStore {
    RedisStore::at(url, prefix.parse().unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_component_and_a_native_process_see_the_same_state() {
    let server = RedisServer::start().unwrap();
    let component = Stored::start(&server.url()).await;
    let native = native(&server.url(), "stored");

    assert_eq!(component.get("color").await.0, 404);
    assert_eq!(component.put("color", "blue").await.0, 200);
    assert_eq!(native.get("color").await.unwrap().unwrap(), b"blue");
    native.set("color", b"\0red\xff").await.unwrap();
    assert_eq!(component.get("color").await, (200, Bytes::from_static(b"\0red\xff")));
    native.set("empty", b"").await.unwrap();
    assert_eq!(component.get("empty").await, (200, Bytes::new()));
    assert_eq!(component.ask(request(Method::DELETE, "/value", "color", "")).await.0, 200);
    assert_eq!(native.get("color").await.unwrap(), None);
    component.running.shut_down().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_takes_its_beginning_literally_and_leaves_other_stores_out() {
    let server = RedisServer::start().unwrap();
    let component = Stored::start(&server.url()).await;
    for key in ["a*b/1", "a*b/2", "axb/1", "a[b]", r"a\b"] {
        assert_eq!(component.put(key, "v").await.0, 200);
    }
    native(&server.url(), "stored-too").set("a*b/3", b"v").await.unwrap();
    assert_eq!(component.keys("a*b/").await, "a*b/1\na*b/2");
    assert_eq!(component.keys("a[").await, "a[b]");
    assert_eq!(component.keys(r"a\").await, r"a\b");
    assert_eq!(component.keys("b").await, "");
    let many = native(&server.url(), "stored");
    for number in 0..2_500 {
        many.set(&format!("many/{number}"), b"v").await.unwrap();
    }
    assert_eq!(component.keys("many/").await.lines().count(), 2_500);
    component.running.shut_down().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_swap_compares_every_byte_and_tells_nothing_from_empty() {
    let server = RedisServer::start().unwrap();
    let component = Stored::start(&server.url()).await;
    for (expected, new, status) in [
        (Some(""), &b"new"[..], 409),
        (None, b"", 200),
        (None, b"new", 409),
        (Some(""), b"\0\x01", 200),
        (Some("00"), b"new", 409),
        (Some("0001"), b"\xff", 200),
        (Some("ff"), b"new", 200),
    ] {
        assert_eq!(component.swap(expected, new).await, status, "{expected:?} {new:?}");
    }
    assert_eq!(component.get("swapped").await, (200, Bytes::from_static(b"new")));
    component.running.shut_down().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn instances_of_two_hosts_that_swap_at_once_lose_nothing() {
    let server = RedisServer::start().unwrap();
    let hosts = [Stored::start(&server.url()).await, Stored::start(&server.url()).await];
    // No more at a time than a host has instances.
    let adders = (0..20).map(|number| {
        let address = hosts[number % 2].running.address();
        tokio::spawn(async move {
            let mut sums = Vec::new();
            for _ in 0..10 {
                sums.push(ask(address, request(Method::POST, "/add", "sum", "")).await);
            }
            sums
        })
    });
    let mut sums = Vec::new();
    for adder in adders.collect::<Vec<_>>() {
        for (status, sum) in adder.await.unwrap() {
            assert_eq!(status, 200, "{sum:?}");
            sums.push(text(&sum).parse::<u32>().unwrap());
        }
    }
    sums.sort_unstable();
    assert_eq!(sums, (1..=200).collect::<Vec<_>>());
    for host in hosts {
        host.running.shut_down().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_prefix_of_the_operators_choice_stands_before_the_keys() {
    let server = RedisServer::start().unwrap();
    let component = Stored::start(&format!("{}?prefix=chosen", server.url())).await;
    assert_eq!(component.put("color", "blue").await.0, 200);
    assert_eq!(native(&server.url(), "chosen").get("color").await.unwrap().unwrap(), b"blue");
    component.running.shut_down().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_the_manifest_does_not_name_is_refused_with_what_to_fix() {
    for store in ["redis://:hunter2@localhost:1", "rediss://:hunter2@127.0.0.1:1"] {
        let component = Stored::start(store).await;
        let (status, body) = component.get("color").await;
        let told = text(&body);
        assert_eq!(status, 403, "{told}");
        assert!(told.contains("allowed_outbound_hosts"), "{told}");
        assert!(!told.contains("hunter2"), "{told}");
        component.running.shut_down().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_down_is_an_error_and_one_that_is_back_is_used_again() {
    let mut server = RedisServer::start().unwrap();
    let component = Stored::start(&server.url()).await;
    assert_eq!(component.put("color", "blue").await.0, 200);
    server.kill();
    for _ in 0..2 {
        let (status, told) = component.get("color").await;
        assert_eq!(status, 503, "{told:?}");
        assert!(text(&told).contains(&format!("redis at {}", server.address())), "{told:?}");
    }
    assert_eq!(component.swap(None, b"new").await, 503);
    server.restart().unwrap();
    assert_eq!(component.get("color").await.0, 404);
    assert_eq!(component.swap(None, b"new").await, 200);
    // A read on a connection that has been closed meanwhile is tried once more.
    assert_eq!(component.get("swapped").await.0, 200);
    server.restart().unwrap();
    assert_eq!(component.get("swapped").await.0, 404);
    component.running.shut_down().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_says_nothing_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let component = Stored::start(&format!("redis://{address}")).await;
    let (status, told) = component.get("color").await;
    assert_eq!(status, 503, "{told:?}");
    assert!(text(&told).contains(&format!("redis at {address}")), "{told:?}");
    component.running.shut_down().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_named_and_not_shown() {
    let server = RedisServer::start_with(&["--requirepass", "correct-horse"]).unwrap();
    let at = |password: &str| format!("redis://:{password}@{}", server.address());
    let component = Stored::start(&at("hunter2")).await;
    let (status, body) = component.get("color").await;
    let told = text(&body);
    assert_eq!(status, 403, "{told}");
    assert!(told.contains("refuses the user or the password"), "{told}");
    assert!(!told.contains("hunter2"), "{told}");
    component.running.shut_down().await;
    let component = Stored::start(&at("correct-horse")).await;
    assert_eq!(component.put("color", "blue").await.0, 200);
    component.running.shut_down().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_variable_the_host_keeps_the_state() {
    let component = Stored::start(" ").await;
    assert_eq!(component.put("color", "blue").await.0, 200);
    assert_eq!(component.get("color").await.0, 200);
    assert_eq!(component.swap(None, b"new").await, 200);
    component.running.shut_down().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_of_no_known_kind_is_a_misconfiguration_that_the_log_explains() {
    for (store, reason) in [
        ("memcached://:hunter2@h", "variable store: it must be redis://HOST[:PORT], rediss://"),
        ("redis://h?prefix=hunter2:", "variable store: a store's prefix must be"),
    ] {
        let component = Stored::start(store).await;
        assert_eq!(component.get("color").await.0, 500);
        component.running.shut_down().await;
        let lines = component.lines.lock().unwrap().join("\n");
        assert!(lines.contains(reason) && !lines.contains("hunter2"), "{lines}");
    }
}

#[test]
fn only_the_functions_that_can_use_redis_need_a_host_that_has_it() {
    for (name, imports) in [
        ("circuit_breaker_component", true),
        ("cloud_flow_component", true),
        ("desktop_flow_component", true),
        ("entra_http_component", true),
        ("event_subscription_component", true),
        ("file_relay_component", true),
        ("gateway_tokens_component", true),
        ("token_validation_component", false),
        ("token_validation_middleware", false),
        ("empty", false),
    ] {
        let file = component_file(Build::Portable, &format!("headgate_{name}.wasm")).unwrap();
        let bytes = std::fs::read(file).unwrap();
        let named = bytes.windows(11).any(|window| window == b"spin:redis/");
        assert_eq!(named, imports, "{name}");
    }
}
